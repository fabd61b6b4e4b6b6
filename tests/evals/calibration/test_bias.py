from __future__ import annotations

import random

import pytest
from scipy.stats import mannwhitneyu

from llmops_magics.evals.calibration.bias import length_bias, position_bias
from llmops_magics.evals.run import Score


def test_concordance_by_hand():
    # label yes: 10 judged yes, 5 and 20 judged no: of 2 pairs the longer has the yes in one.
    # label no: 7 judged yes, 7 judged no: a tie counts half.
    found = length_bias([10, 5, 20, 7, 7], [1, 0, 0, 1, 0], ["y", "y", "y", "n", "n"], "a yes")
    assert (found.concordance.value, found.pairs) == (0.5, 3)


def test_for_two_verdicts_it_is_the_area_under_the_curve():
    generator = random.Random(3)
    verdicts = [float(generator.random() < 0.4) for _ in range(80)]
    lengths = [generator.gauss(100 + 30 * v, 40) for v in verdicts]
    found = length_bias(lengths, verdicts, [""] * 80, "a yes")
    longer = [n for n, v in zip(lengths, verdicts, strict=True) if v]
    shorter = [n for n, v in zip(lengths, verdicts, strict=True) if not v]
    area = mannwhitneyu(longer, shorter).statistic / len(longer) / len(shorter)
    assert found.concordance.value == pytest.approx(area)
    assert found.concordance.low < area < found.concordance.high
    # Hanley and McNeil's standard error, as a check of the jackknife's
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    n, m = len(longer), len(shorter)
    error = (area * (1 - area) + (n - 1) * (q1 - area**2) + (m - 1) * (q2 - area**2)) / n / m
    reach = (found.concordance.high - found.concordance.low) / 2
    assert reach == pytest.approx(1.96 * error**0.5, rel=0.15)


def test_cases_of_different_labels_are_never_compared():
    assert length_bias([1, 100], [0, 1], ["no", "yes"], "a yes") is None
    assert length_bias([], [], [], "a yes") is None


def test_the_order_of_two_answers():
    turned = "position-dependent: {} with the candidate first, {} with it second"
    reasons = ["clearer", turned.format("first", "first"), turned.format("second", "second")]
    reasons += [turned.format("first", "tie")]
    found = position_bias([Score(scorer="pairwise", value=0.5, reason=r) for r in reasons])
    assert (found.decided.value, found.for_first, found.for_second) == (0.75, 1, 1)
    assert found.decided.low < 0.75 < found.decided.high
