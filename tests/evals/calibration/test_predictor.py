from __future__ import annotations

import pytest

from llmops_magics.evals.calibration.predictor import constant, longer_answer, word_overlap
from llmops_magics.evals.scorers.contract import ScorerContext


def test_a_constant_predictor_knows_nothing_and_that_exactly():
    found = constant(["yes"] * 7 + ["no"] * 3)
    assert found.how == "always yes"
    assert found.agreement.accuracy.value == 0.7
    assert (found.agreement.balanced_accuracy.value, found.agreement.kappa.value) == (0.5, 0.0)
    assert found.agreement.balanced_accuracy.low is found.agreement.kappa.low is None


@pytest.mark.parametrize("need", ["context", "expected", "question"])
def test_shared_words_tell_what_shares_them(need):
    source = "The refund takes five days."
    contexts = [
        ScorerContext(
            case_id=f"c{i}",
            output="It takes five days" if i % 2 else "Nobody can say",
            context=source if need == "context" else "",
            expected=source if need == "expected" else None,
            inputs={"question": source} if need == "question" else {},
        )
        for i in range(40)
    ]
    labels = ["yes" if i % 2 else "no" for i in range(40)]
    found = word_overlap(labels, contexts, frozenset({need}))
    assert found.agreement.balanced_accuracy.value == 1.0


def test_the_cut_is_fitted_on_other_cases():
    """Overlap that says nothing is not made to look good by fitting it to the same cases."""
    contexts = [
        ScorerContext(case_id=f"c{i}", output=" ".join(f"w{k}" for k in range(i + 1)), context="w0")
        for i in range(60)
    ]
    labels = ["yes" if (i * 7919) % 2 else "no" for i in range(60)]
    found = word_overlap(labels, contexts, frozenset({"context"}))
    assert found.agreement.balanced_accuracy.value < 0.65


def test_the_longer_answer():
    contexts = [
        ScorerContext(output=a, baseline_output=b)
        for a, b in (("long", "s"), ("s", "long"), ("same", "size"))
    ]
    found = longer_answer(["better", "worse", "tie"], contexts)
    assert found.agreement.accuracy.value == 1.0
