from __future__ import annotations

import pytest

from llmops_magics.statistics.interval import finite_floats, normal_quantile


def test_the_normal_quantile_is_the_familiar_one():
    assert normal_quantile(0.95) == pytest.approx(1.95996, abs=1e-5)


@pytest.mark.parametrize("confidence", [0, 1, 95])
def test_a_confidence_is_a_probability(confidence):
    with pytest.raises(ValueError, match="between 0 and 1"):
        normal_quantile(confidence)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_values_must_be_finite(value):
    with pytest.raises(ValueError, match="finite"):
        finite_floats([1.0, value])
