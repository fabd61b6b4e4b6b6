from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom
from statsmodels.stats.contingency_tables import mcnemar

from llmops_magics.statistics.binomial import binomial_tail, mcnemar_p


def test_the_tail_of_three_throws():
    assert binomial_tail(2, 3, 0.5) == pytest.approx(0.5)
    assert binomial_tail(3, 3, 0.5) == pytest.approx(0.125)
    assert (binomial_tail(0, 3, 0.5), binomial_tail(4, 3, 0.5)) == (1.0, 0.0)
    assert (binomial_tail(1, 3, 0.0), binomial_tail(3, 3, 1.0)) == (0.0, 1.0)


@given(st.integers(0, 300), st.integers(1, 300), st.floats(0.001, 0.999))
@settings(max_examples=40, deadline=None)
def test_the_tail_agrees_with_scipy(least, n, p):
    assert binomial_tail(least, n, p) == pytest.approx(binom.sf(least - 1, n, p), abs=1e-11)


@pytest.mark.parametrize(("n", "p"), [(-1, 0.5), (3, 1.1), (3, float("nan"))])
def test_no_such_distribution(n, p):
    with pytest.raises(ValueError, match="no binomial distribution"):
        binomial_tail(1, n, p)


@given(st.integers(0, 60), st.integers(0, 60))
@settings(max_examples=40, deadline=None)
def test_mcnemar_agrees_with_statsmodels(gained, lost):
    expected = mcnemar([[7, gained], [lost, 9]], exact=True).pvalue
    assert mcnemar_p(gained, lost) == pytest.approx(1.0 if gained == lost else expected)


def test_many_pairs_are_counted_in_floats_to_the_same_end():
    assert mcnemar_p(540, 461) == pytest.approx(2 * binom.sf(539, 1001, 0.5))
    assert mcnemar_p(0, 0) == 1.0
    with pytest.raises(ValueError, match="0 or more"):
        mcnemar_p(-1, 2)
