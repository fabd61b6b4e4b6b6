from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from llmops_magics.evals.run import Score
from llmops_magics.evals.scorers.result import as_scores


@pytest.mark.parametrize(
    ("result", "value"),
    [
        (True, True),
        (np.bool_(False), False),
        (2, 2.0),
        (np.float32(0.5), 0.5),
        ("ok", "ok"),
        (Decimal("0.25"), 0.25),
    ],
)
def test_the_kind_of_a_value_is_kept(result, value):
    (score,) = as_scores("s", result)
    assert (score.value, type(score.value)) == (value, type(value))


@pytest.mark.parametrize("number", [float("nan"), float("inf"), np.nan])
def test_a_number_that_is_none_is_missing(number):
    (score,) = as_scores("s", number)
    assert (score.value, score.applicable) == (None, True)
    assert "no number to average" in score.reason


@pytest.mark.parametrize("nothing", [None, {}])
def test_nothing_is_not_applicable(nothing):
    (score,) = as_scores("s", nothing)
    assert (score.value, score.applicable) == (None, False)


def test_a_mapping_is_several_scores():
    scores = as_scores("s", {"a": True, "b": {"c": 1, "d": None}})
    assert [(s.scorer, s.value) for s in scores] == [("s.a", True), ("s.b.c", 1.0), ("s.b.d", None)]


def test_a_score_passes_through_but_for_a_nan():
    score = Score(scorer="s", value=0.5, reason="half")
    assert as_scores("s", score) == (score,)
    assert "nan" in as_scores("s", Score(scorer="s", value=float("nan")))[0].reason


@pytest.mark.parametrize("junk", [[1, 2], object(), np.zeros(2), b"x", [], 1j])
def test_anything_else_is_missing_and_says_what_it_was(junk):
    (score,) = as_scores("s", junk)
    assert (score.value, score.applicable) == (None, True)
    assert type(junk).__name__ in score.reason
