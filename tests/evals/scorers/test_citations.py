from __future__ import annotations

import pytest

from llmops_magics.evals.scorers.citation import cited

TWO = "Rome is in Italy.\n\nOslo is in Norway."
IDS = {"retrieved": ["doc-7", "doc-9"]}


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ("Rome [1]. Oslo [2][1].", ["1", "2"]),
        ("Both [1, 2] and [3-5].", ["1", "2", "3", "4", "5"]),
        ("See [doc-7] and 【2†source】.", ["doc-7", "2"]),
        ("See (doc-7), (source: a.txt), (doc 12) and (in 1999).", ["doc-7", "a.txt", "12"]),
        ("A [link](http://x.y) and [sic], [x] and [see below].", []),
        ("```\na[1]\n```", []),
        ("[1-9999] [99999]", []),
        ("", []),
    ],
)
def test_what_is_cited(answer, found):
    assert cited(answer, frozenset({"doc-7"})) == found


def test_passages_may_be_cited_by_number(judge):
    assert judge("citations", "Rome [1], Oslo [2].", context=TWO).value == 1.0
    score = judge("citations", "Rome [1], Oslo [3].", context=TWO)
    assert (score.value, score.reason) == (0.5, "not in the context: 3")


def test_ids_may_be_cited_and_their_numbers(judge):
    assert judge("citations", "[doc-7] [2]", inputs=IDS, context=TWO).value == 1.0
    assert judge("citations", "[doc-8]", inputs=IDS, context=TWO).value == 0.0
    documents = {"documents": [{"id": "a.txt", "text": "Rome"}, {"text": "no id"}]}
    assert judge("citations", "[a.txt] [2] [3]", inputs=documents).value == pytest.approx(2 / 3)


def test_marks_in_the_context_are_ids(judge):
    marked = "[4] Rome is in Italy.\n[7] Oslo is in Norway."
    assert judge("citations", "[4] [7] [1]", context=marked).value == pytest.approx(2 / 3)
    assert judge("citations", "[x-1]", context='<doc id="x-1">Rome</doc>').value == 1.0


def test_an_answer_that_cites_nothing(judge):
    assert judge("citations", "Rome.", context=TWO).applicable is False
    assert judge("citations(required=true)", "Rome.", context=TWO).value == 0.0
    assert judge("citations", "[1]").reason == "the case has no context"


def test_expected_citations(judge_all):
    wanted = {"citations": ["doc-7", "doc-8"]}
    scores = judge_all("citations", "[1] [2] [2]", inputs=IDS, context=TWO, metadata=wanted)
    assert scores == {"citations": 1.0, "citations.precision": 0.5, "citations.recall": 0.5}
    scores = judge_all("citations", "None.", {"citations": [1]}, context=TWO)
    assert scores == {"citations": None, "citations.precision": None, "citations.recall": 0.0}
