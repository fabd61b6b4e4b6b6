"""How much of what an answer adds to its question stands in the evidence."""

from __future__ import annotations

import pytest

from llmops_magics.evals.cause.use import share_used

EVIDENCE = "The water tank holds 3.2 litres."
QUESTION = "How much does the tank hold?"


@pytest.mark.parametrize(
    ("answer", "share"),
    [
        ("The tank holds 3.2 litres.", 1.0),
        ("The tank holds 5 litres.", 0.5),  # new: 5, litres
        ("The tank holds.", 0.0),
        ("Hello! It runs on batteries. Water: 3.2 litres.", 1.0),  # the best sentence
        ("I don't know.", 0.0),
        ("", 0.0),
    ],
)
def test_share(answer, share):
    assert share_used(answer, EVIDENCE, QUESTION) == share


def test_no_evidence_and_no_question():
    assert share_used("3.2 litres", "", QUESTION) == 0.0
    assert share_used("The tank holds", EVIDENCE, "") == 1.0
