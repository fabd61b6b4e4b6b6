from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from llmops_magics.evals.scorer import SCORERS, ScorerContext, run_scorer
from llmops_magics.evals.scorers.groundedness import find_unsupported

CONTEXT = "Refunds take 5 to 7 days. Cards are charged when the parcel ships."
DATA = Path(__file__).parents[4] / "shared/data/faithfulness/dev.jsonl"


def score(output):
    context = ScorerContext(output=output, context=CONTEXT)
    return asyncio.run(run_scorer(SCORERS["groundedness"], context))[0]


def test_the_score_is_the_share_of_supported_sentences():
    result = score("A refund takes 5 to 7 days. We also pay you a bonus.")
    assert result.value == 0.5
    assert result.reason == "unsupported: We also pay you a bonus."


@pytest.mark.parametrize(
    "claim",
    [
        "Refunds take 5 to 9 days.",  # a number from nowhere
        "Refunds do not take 5 to 7 days.",  # denied where the context denies nothing
        "Cards are charged when the order is placed.",
        "I'm not sure, but refunds take 90 days.",
        "We do not offer gift cards.",
    ],
)
def test_an_invention_is_not_supported(claim):
    assert score(claim).value == 0.0


@pytest.mark.parametrize(
    "claim", ["Your card is charged when the parcel ships!", "Refund: 5 to 7 days", "- 7 days"]
)
def test_what_the_context_says_is_supported(claim):
    assert score(claim).value == 1.0


@pytest.mark.parametrize("answer", ["", "Yes.", "I don't know.", "The context does not say that."])
def test_an_answer_that_claims_nothing_is_not_applicable(answer):
    result = score(answer)
    assert (result.value, result.applicable) == (None, False)


@pytest.mark.skipif(not DATA.exists(), reason="the shared faithfulness data is not here")
@pytest.mark.parametrize(("source", "floor"), [("HaluEval", 0.89), ("FaithDial", 0.64)])
def test_it_keeps_its_measured_accuracy(source, floor):
    rows = [json.loads(line) for line in DATA.read_text("utf-8").splitlines()]
    hits = {"supported": [], "unsupported": []}
    for row in (row for row in rows if source in row["source"]):
        unsupported, _ = find_unsupported(row["answer"], row["context"])
        hits[row["label"]].append(bool(unsupported) == (row["label"] == "unsupported"))
    assert sum(sum(h) / len(h) for h in hits.values()) / 2 >= floor
