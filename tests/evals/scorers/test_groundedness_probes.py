"""Does ``groundedness`` notice what is done to a right answer? Pairs of our own words.

Each line changes one thing in a faithful answer. The changed one must score lower in all kinds
that words can show; of roles that change places, no order of words is read: none is promised.
"""

from __future__ import annotations

import pytest

from llmops_magics.evals.scorers.grounding.claim import examine

FERRY = (
    "The ferry from Arnvik to Stor Island sails 4 times a day between May and September. A single "
    "ticket costs £12.50 and a bicycle travels free. The crossing takes 35 minutes. Dogs are not "
    "allowed in the upper saloon. Captain Ines Holm has led the crew since 2014."
)
KETTLE = (
    "The Brindle kettle holds 1.7 litres and boils in three minutes. It switches off before the "
    "water boils dry. The guarantee lasts 24 months and covers the heating element, not limescale. "
    "Descale it every six weeks with 200 ml of vinegar. Spare lids are sold by Harrow & Finch."
)
SURVEY = (
    "In the 2021 survey, 62% of nurses in Tarland reported that night shifts increased after the "
    "merger. Sick leave fell by 8% in the same year. Dr Amara Osei, who led the study, warned that "
    "the sample of 480 people was small. The health board did not fund the work."
)
PROBES = [
    ("number", FERRY, "The crossing takes 35 minutes.", "The crossing takes 55 minutes."),
    ("number", FERRY, "A single ticket costs £12.50.", "A single ticket costs £15.20."),
    ("number", FERRY, "It sails four times a day.", "It sails six times a day."),
    ("number", FERRY, "Ines Holm has led the crew since 2014.", "Ines Holm led it since 2011."),
    ("number", KETTLE, "The guarantee lasts 24 months.", "The guarantee lasts 36 months."),
    ("number", KETTLE, "Use 200 ml of vinegar.", "Use 250 ml of vinegar."),
    ("number", SURVEY, "The sample was 480 people.", "The sample was 4,800 people."),
    ("number", SURVEY, "62% of nurses reported more night shifts.", "72% of nurses reported more."),
    ("unit", FERRY, "The crossing takes 35 minutes.", "The crossing takes 35 hours."),
    ("unit", FERRY, "A ticket costs £12.50.", "A ticket costs $12.50."),
    ("unit", KETTLE, "The guarantee lasts 24 months.", "The guarantee lasts 24 weeks."),
    ("unit", KETTLE, "The kettle holds 1.7 litres.", "The kettle holds 1.7 gallons."),
    ("unit", KETTLE, "Descale it every six weeks.", "Descale it every six days."),
    ("unit", SURVEY, "Sick leave fell by 8%.", "Sick leave fell by 8 days."),
    ("negation", FERRY, "A bicycle travels free.", "A bicycle does not travel free."),
    ("negation", FERRY, "Dogs are not allowed in the saloon.", "Dogs are allowed in the saloon."),
    ("negation", KETTLE, "It boils in three minutes.", "It never boils in three minutes."),
    ("negation", KETTLE, "Spare lids are sold.", "Spare lids aren't sold."),
    ("negation", SURVEY, "The board did not fund the work.", "The board did fund the work."),
    ("negation", SURVEY, "The sample was small.", "The sample was not small."),
    ("name", FERRY, "The ferry sails from Arnvik.", "The ferry sails from Bergen."),
    ("name", FERRY, "Captain Ines Holm leads the crew.", "Captain Erik Dahl leads the crew."),
    ("name", FERRY, "It sails between May and September.", "It sails between May and October."),
    ("name", KETTLE, "Harrow & Finch sell spare lids.", "Brook & Sons sell spare lids."),
    ("name", SURVEY, "The study was led by Amara Osei.", "The study was led by Amara Okafor."),
    ("name", SURVEY, "Nurses in Tarland reported it.", "Nurses in Aberfeld reported it."),
    (
        "opposite",
        KETTLE,
        "It switches off before it boils dry.",
        "It switches off after it boils dry.",
    ),
    ("opposite", SURVEY, "Night shifts increased.", "Night shifts decreased."),
    ("opposite", SURVEY, "Sick leave fell.", "Sick leave rose."),
    (
        "invention",
        FERRY,
        "The crossing takes 35 minutes.",
        "The crossing takes 35 minutes, with lunch.",
    ),
    ("invention", KETTLE, "It boils in three minutes.", "It boils quietly in three minutes."),
    ("invention", SURVEY, "Dr Osei led the study.", "Dr Osei led the study. Unions welcomed it."),
    (
        "roles",
        SURVEY,
        "Night shifts increased after the merger.",
        "The merger increased after night shifts.",
    ),
    (
        "roles",
        FERRY,
        "It sails from Arnvik to Stor Island.",
        "It sails from Stor Island to Arnvik.",
    ),
]


def support(answer, context):
    return min(claim.support for claim in examine(answer, context))


@pytest.mark.parametrize("kind", ["number", "unit", "negation", "name", "opposite", "invention"])
def test_a_changed_answer_scores_lower(kind):
    pairs = [probe for probe in PROBES if probe[0] == kind]
    kept = [p for p in pairs if support(p[2], p[1]) <= support(p[3], p[1])]
    assert kept == []


def test_most_changed_answers_are_called_unsupported_and_most_right_ones_are_not():
    shown = [probe for probe in PROBES if probe[0] != "roles"]
    caught = sum(support(changed, context) < 0.5 for _, context, _, changed in shown)
    spared = sum(support(right, context) >= 0.5 for _, context, right, _ in shown)
    assert caught >= 0.85 * len(shown)
    assert spared >= 0.95 * len(shown)


def test_words_that_change_places_go_unseen():
    for _, context, right, changed in (probe for probe in PROBES if probe[0] == "roles"):
        assert support(changed, context) == support(right, context)
