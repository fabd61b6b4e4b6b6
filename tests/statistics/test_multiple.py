from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from llmops_magics.statistics.multiple import bonferroni, holm


def test_the_error_is_shared_out():
    assert bonferroni(0.95, 5) == pytest.approx(0.99)
    assert bonferroni(0.9, 4) == pytest.approx(0.975)


def test_one_comparison_and_none_are_not_widened():
    assert bonferroni(0.95, 1) == bonferroni(0.95, 0) == pytest.approx(0.95)


@pytest.mark.parametrize(("confidence", "comparisons"), [(1, 2), (0, 2), (0.95, -1)])
def test_nonsense_is_refused(confidence, comparisons):
    with pytest.raises(ValueError, match="comparisons"):
        bonferroni(confidence, comparisons)


def test_holm_takes_the_smallest_times_all():
    assert holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])
    assert holm([]) == []
    assert holm([0.6, 0.7]) == [1.0, 1.0]


@pytest.mark.parametrize("count", [1, 2, 5, 12])
def test_holm_agrees_with_statsmodels(count):
    p_values = list(np.random.default_rng(count).random(count) ** 3)
    assert holm(p_values) == pytest.approx(list(multipletests(p_values, method="holm")[1]))


def test_a_p_value_is_a_probability():
    with pytest.raises(ValueError, match="between 0 and 1"):
        holm([0.5, 1.5])
