"""Which cases are looked at, and what is read of them."""

from __future__ import annotations

import pytest

from llmops_magics.datasets.case import Case
from llmops_magics.evals.cause.failing import CALL_FAILED, NO_SCORE, failing_cases
from llmops_magics.evals.run import Sample, Score
from llmops_magics.retrieval.measure.query import Relevant

GIVEN = {"question": "How much?", "context": "3.2 litres", "retrieved": ["tank"]}


def case(case_id="c1", metadata=None, **inputs):
    return Case(id=case_id, inputs={**GIVEN, **inputs}, expected="x", metadata=metadata or {})


def sample(case_id="c1", value=False, output="It holds 4.", error="", **changes):
    scores = () if error else (Score(scorer="contains", value=value),)
    fields = {
        "case_id": case_id, "repeat": 0, "inputs": {}, "expected": None, "output": output,
        "error": error, "scores": scores, "latency_ms": None, "input_tokens": None,
        "output_tokens": None, "cost_usd": None,
    }  # fmt: skip
    return Sample(**(fields | changes))


def test_failing_cases_that_carry_what_was_retrieved():
    cases = [case(each) for each in ("c1", "c2", "c3")]
    cases.append(Case(id="c4", inputs={"question": "How much?"}))
    samples = [sample("c1"), sample("c2", value=True), sample("c3"), sample("c4")]
    found = failing_cases(samples, cases)
    assert [each.case_id for each in found] == ["c1", "c3"]
    assert (found[0].context, found[0].question) == ("3.2 litres", "How much?")
    assert found[0].answers == ("It holds 4.",)
    assert failing_cases([sample(value=True)], cases) == []


def test_only_wrong_answers_of_a_case_count():
    samples = [
        sample(output="a"), sample(output="b", value=True, repeat=1), sample(output="a", repeat=2),
    ]  # fmt: skip
    (found,) = failing_cases(samples, [case()])
    assert (found.answers, found.problem) == (("a",), "")


@pytest.mark.parametrize(
    ("changes", "problem"),
    [({"error": "timeout"}, CALL_FAILED), ({"value": None}, NO_SCORE)],
)
def test_without_a_wrong_answer_nothing_is_told(changes, problem):
    (found,) = failing_cases([sample(**changes)], [case()])
    assert (found.problem, found.answers) == (problem, ())


def test_labels_stand_among_the_inputs_or_in_the_metadata():
    labels = ["tank", {"document_id": "lamp", "grade": 0}, {"id": "wifi", "start": 1, "end": 4}]
    wanted = (Relevant(document_id="tank"), Relevant(document_id="wifi", start=1, end=4))
    for labelled in (case(relevant=labels), case(metadata={"relevant": labels})):
        (found,) = failing_cases([sample()], [labelled])
        assert found.labels == wanted
    (bare,) = failing_cases([sample()], [case(relevant=[])])
    assert bare.labels is None


def test_labels_that_cannot_be_read_are_a_problem_of_that_case():
    (found,) = failing_cases([sample()], [case(relevant=[{"document_id": "tank", "start": 3}])])
    assert "its labels cannot be read" in found.problem


def test_what_a_chain_says_it_retrieved_comes_before_the_case():
    (found,) = failing_cases([sample(context="of the chain")], [case()])
    assert found.context == "of the chain"
