from __future__ import annotations

import pytest

from llmops_magics.statistics.multiple import bonferroni


def test_the_error_is_shared_out():
    assert bonferroni(0.95, 5) == pytest.approx(0.99)
    assert bonferroni(0.9, 4) == pytest.approx(0.975)


def test_one_comparison_and_none_are_not_widened():
    assert bonferroni(0.95, 1) == bonferroni(0.95, 0) == pytest.approx(0.95)


@pytest.mark.parametrize(("confidence", "comparisons"), [(1, 2), (0, 2), (0.95, -1)])
def test_nonsense_is_refused(confidence, comparisons):
    with pytest.raises(ValueError, match="comparisons"):
        bonferroni(confidence, comparisons)
