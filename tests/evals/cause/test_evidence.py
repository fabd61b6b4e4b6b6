"""Where expected answers stand, and what says too little to be looked for."""

from __future__ import annotations

import pytest

from llmops_magics.evals.cause.evidence import (
    MAX_PLACES,
    alternatives,
    find_expected,
    sentence_around,
    spellings,
)


@pytest.mark.parametrize(
    ("expected", "kept"),
    [
        ("18 days", ["18 days"]),
        (["no", "it is", "14 hours"], ["14 hours"]),
        (3.2, ["3.2"]),
        (None, []),
        (True, []),
        ("x" * 3000, []),
    ],
)
def test_only_what_says_something_is_looked_for(expected, kept):
    assert spellings(expected) == kept


def test_places_have_their_span_whatever_the_white_space(hand):
    case = hand.failing(expected="3.2  LITRES")
    (place,) = find_expected([case], [("d", "", "It holds 3.2\nlitres.")])["c1"]
    assert (place.text, place.start, place.end) == ("3.2\nlitres", 9, 19)


def test_documents_that_share_a_word_with_the_question_come_alone(hand):
    case = hand.failing(expected="18 days")
    documents = [("tank", "", "A tank lasts 18 days."), ("shop", "", "We ship within 18 days.")]
    assert [p.document_id for p in find_expected([case], documents)["c1"]] == ["tank"]
    assert [p.document_id for p in find_expected([case], documents[1:])["c1"]] == ["shop"]


def test_a_text_that_stands_in_many_documents_is_no_evidence(hand):
    case = hand.failing(expected="18 days")
    documents = [(f"d{n}", "", "18 days") for n in range(MAX_PLACES + 1)]
    assert alternatives(find_expected([case], documents)["c1"]) == ()
    assert len(alternatives(find_expected([case], documents[1:])["c1"])) == MAX_PLACES


def test_the_sentence_around_a_span():
    text = "One. The tank holds 3.2 litres. Three."
    start = text.index("3.2")
    assert sentence_around(text, start, start + 10) == "The tank holds 3.2 litres."
    assert sentence_around("no end", 0, 2) == "no end"
