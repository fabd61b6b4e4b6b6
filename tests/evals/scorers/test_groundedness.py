from __future__ import annotations

import asyncio
import json
from importlib import import_module
from pathlib import Path

import pytest

from llmops_magics.evals.scorer import SCORERS, ScorerContext, run_scorer
from llmops_magics.evals.scorers.groundedness import SCORER, THRESHOLD
from llmops_magics.evals.scorers.grounding.claim import WEIGHTS, Claim, Faults, examine

CONTEXT = "Refunds take 5 to 7 days. Cards are charged when the parcel ships."
DATA = Path(__file__).parents[4] / "shared/data/faithfulness/dev.jsonl"


def score(output):
    context = ScorerContext(output=output, context=CONTEXT)
    return asyncio.run(run_scorer(SCORERS["groundedness"], context))[0]


def test_the_least_supported_sentence_decides():
    result = score("A refund takes 5 to 7 days. We also pay you a bonus.")
    assert result.value == pytest.approx(0.5 ** (5.05 * 2 / 4))  # 2 words lack, 2 / (2 + 2)
    assert result.reason == "unsupported: We also pay you a bonus. (not in the context: pay, bonus)"


def test_a_verbatim_answer_has_no_doubt():
    result = score("Refunds take 5 to 7 days.")
    assert (result.value, result.reason) == (1.0, "")


def test_the_reason_names_each_fault():
    reason = score("Refunds never take 9 days. Cards are charged in 7 hours.").reason
    for part in ("number not in the context: 9", "denies what", "unit not in the context: 7 hour"):
        assert part in reason


def test_a_supported_answer_says_what_is_weakest():
    result = score("Cards are charged when the red parcel ships.")
    assert result.value >= THRESHOLD
    assert result.reason.endswith("(not in the context: red)")
    assert result.reason.startswith("least supported: ")


def test_the_denial_of_a_passing_remark_is_no_contradiction():
    context = "The guarantee lasts 24 months and covers the heating element, not limescale."
    assert examine("The guarantee lasts 24 months.", context)[0].support == 1.0


@pytest.mark.parametrize("frame", ["The article states that", "According to the context,"])
def test_naming_the_source_costs_nothing(frame):
    assert examine(f"{frame} refunds take 5 to 7 days.", CONTEXT)[0].support == 1.0


def test_a_sentence_may_draw_on_two():
    context = (
        "The old mill in Rask burned down in 1912. Its owner Per Lund rebuilt the tall chimney."
    )
    fused = "The mill in Rask burned down in 1912, and its owner Per Lund rebuilt the tall chimney."
    assert examine(fused, context)[0].support == 1.0


@pytest.mark.parametrize("fault", range(len(WEIGHTS)))
def test_no_fault_lowers_the_doubt(fault):
    measures = ("missing", "quantity", "name", "contradiction", "personal")
    none = dict.fromkeys(measures, 0.0)
    faulty = Claim(sentence="", faults=Faults(**{**none, measures[fault]: 0.5}), reasons=())
    assert Claim(sentence="", faults=Faults(**none), reasons=()).support == 1.0
    assert 0 < faulty.support < 1


def test_every_module_that_decides_counts_in_the_digest():
    folder = Path(import_module("llmops_magics.evals.scorers.grounding").__file__).parent
    modules = {f"{folder.name}.{path.stem}" for path in folder.glob("[a-z]*.py")}
    assert modules == {
        source.removeprefix("llmops_magics.evals.scorers.")
        for source in SCORER.sources
        if ".grounding." in source
    }


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
    assert score(claim).value < THRESHOLD


@pytest.mark.parametrize(
    "claim", ["Your card is charged when the parcel ships!", "Refund: 5 to 7 days", "- 7 days"]
)
def test_what_the_context_says_is_supported(claim):
    assert score(claim).value >= 0.8


@pytest.mark.parametrize(
    "answer", ["", "Yes.", "I don't know.", "I hope this helps!", "The context does not say that."]
)
def test_an_answer_that_claims_nothing_is_not_applicable(answer):
    result = score(answer)
    assert (result.value, result.applicable) == (None, False)


@pytest.mark.skipif(not DATA.exists(), reason="the shared faithfulness data is not here")
@pytest.mark.parametrize(("source", "floor"), [("HaluEval", 0.91), ("FaithDial", 0.73)])
def test_it_keeps_its_measured_accuracy(source, floor):
    rows = [json.loads(line) for line in DATA.read_text("utf-8").splitlines()]
    hits = {"supported": [], "unsupported": []}
    for row in (row for row in rows if source in row["source"]):
        claims = examine(row["answer"], row["context"])
        called = all(claim.support >= THRESHOLD for claim in claims)
        hits[row["label"]].append(called == (row["label"] == "supported"))
    assert sum(sum(h) / len(h) for h in hits.values()) / 2 >= floor
