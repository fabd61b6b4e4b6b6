from __future__ import annotations

from math import sqrt

import pytest

from llmops_magics.statistics.interval import normal_quantile
from llmops_magics.statistics.student import student_quantile, student_within


@pytest.mark.parametrize(
    ("confidence", "freedom", "t"),
    [
        (0.95, 1, 12.7062),
        (0.95, 2, 4.3027),
        (0.95, 8, 2.3060),
        (0.99, 10, 3.1693),
        (0.9, 3, 2.3534),
    ],
)
def test_it_agrees_with_the_printed_table(confidence, freedom, t):
    assert student_quantile(confidence, freedom) == pytest.approx(t, abs=5e-5)


def test_one_degree_of_freedom_is_the_cauchy_distribution():
    assert student_within(1, 1) == pytest.approx(0.5)  # 2/π atan 1


def test_two_degrees_of_freedom_have_a_formula():
    assert student_within(3, 2) == pytest.approx(3 / sqrt(11))  # t / √(2 + t²)


def test_many_degrees_of_freedom_are_the_normal_distribution():
    assert student_quantile(0.99, 100_000) == pytest.approx(normal_quantile(0.99), rel=1e-4)


@pytest.mark.parametrize(("confidence", "freedom"), [(0, 3), (1, 3), (0.95, 0)])
def test_nonsense_is_refused(confidence, freedom):
    with pytest.raises(ValueError, match="no t"):
        student_quantile(confidence, freedom)
