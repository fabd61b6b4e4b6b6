from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_magics.statistics.signflip import grouped_sign_flip_p, sign_flip_p


def test_differences_of_one_size_have_mcnemars_exact_test():
    assert sign_flip_p([1] * 6) == pytest.approx(2 / 2**6)
    assert sign_flip_p([-1] * 6 + [0] * 50) == pytest.approx(2 / 2**6)
    assert sign_flip_p([1] * 9 + [-1]) == pytest.approx(2 * 11 / 2**10)  # none or one the other way


def test_few_differences_are_counted_out():
    assert sign_flip_p([1, 2, 3]) == pytest.approx(2 / 8)  # only +++ and --- are as far from 0
    assert sign_flip_p([1, 2, -3]) == 1.0


def test_many_differences_are_sampled():
    values = [1 + k / 10 for k in range(20)]
    assert sign_flip_p(values) == pytest.approx(1 / 20_001)  # 2 of 2^20: none but the one observed
    assert sign_flip_p([v * (-1) ** k for k, v in enumerate(values)]) > 0.5


def test_no_difference_proves_nothing():
    assert sign_flip_p([]) == sign_flip_p([0.0, 0.0]) == 1.0


def test_a_missing_value_is_refused():
    with pytest.raises(ValueError, match="finite"):
        sign_flip_p([1.0, float("nan")])


@given(st.lists(st.floats(-1, 1), max_size=10))
def test_it_is_a_probability_and_does_not_know_which_run_is_which(values):
    p = sign_flip_p(values)
    assert 0 < p <= 1
    assert sign_flip_p([-value for value in values]) == pytest.approx(p)


def test_it_errs_no_more_often_than_it_says():
    generator = np.random.default_rng(11)
    samples = generator.choice([-1.0, -0.5, 0.0, 0.5, 1.0], size=(400, 12))
    wrong = sum(sign_flip_p(list(sample)) <= 0.05 for sample in samples)
    assert wrong <= 29  # 20 expected at most; 29 is two standard deviations more


def test_very_many_differences_have_the_normal_limit():
    values = list(np.random.default_rng(3).normal(0.1, 1, size=200))
    drawn = sign_flip_p(values)
    assert sign_flip_p([*values, 1e-9]) == pytest.approx(drawn, abs=0.008)


def test_a_group_is_flipped_as_a_whole():
    assert grouped_sign_flip_p([1, 1, 1, 1], ["a", "a", "b", "b"]) == pytest.approx(2 / 2**2)
    assert grouped_sign_flip_p([1, -1, 1], ["a", "a", "b"]) == 1.0
