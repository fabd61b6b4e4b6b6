from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.power import TTestPower

from llmops_magics.statistics.binomial import mcnemar_p
from llmops_magics.statistics.power import (
    Spread,
    cases_to_rule_out,
    cases_to_see,
    smallest_difference,
    smallest_margin,
)

TENTH = Spread(size=0.1, is_proportion=True)
FIFTH = Spread(size=0.2, is_proportion=False)


@pytest.mark.parametrize(("margin", "cases"), [(0.05, 248), (0.03, 687), (0.02, 1546)])
def test_ruling_out_a_margin_takes_known_numbers(margin, cases):
    # d ((1.645 + 0.842) / m)²: 10% discordance, 80% power, one-sided 5%
    assert cases_to_rule_out(margin, TENTH, error=0.05) == cases


def test_a_gate_errs_half_as_often_and_takes_more():
    assert cases_to_rule_out(0.05, TENTH) == 314  # 0.1 ((1.96 + 0.842) / 0.05)²


@pytest.mark.parametrize("difference", [0.02, 0.05, 0.1, 0.2])
def test_scores_agree_with_statsmodels(difference):
    exact = TTestPower().solve_power(effect_size=difference / 0.2, power=0.8, alpha=0.05)
    assert cases_to_see(difference, FIFTH) == pytest.approx(exact, abs=1.5)


def test_assertions_are_seen_as_often_as_promised():
    n = cases_to_see(0.06, TENTH)
    table = [0.02, 0.08, 0.9]  # gained, lost, the rest
    drawn = np.random.default_rng(4).multinomial(n, table, size=2000)
    seen = sum(mcnemar_p(int(up), int(down)) <= 0.05 for up, down, _ in drawn) / 2000
    assert 0.72 < seen < 0.84  # the exact test is somewhat careful


def test_more_than_can_flip_cannot_be_seen():
    assert cases_to_see(0.2, TENTH) is None
    assert smallest_difference(10, TENTH) is None
    assert smallest_margin(1, FIFTH) is None


@pytest.mark.parametrize("spread", [TENTH, FIFTH])
def test_the_inverse_comes_back(spread):
    assert cases_to_see(smallest_difference(300, spread), spread) == 300
    assert cases_to_rule_out(smallest_margin(300, spread) + 1e-9, spread) == 300


def test_nonsense_is_refused():
    with pytest.raises(ValueError, match="no discordance"):
        Spread(size=1.2, is_proportion=True)
    with pytest.raises(ValueError, match="no standard deviation"):
        Spread(size=0.0, is_proportion=False)
    with pytest.raises(ValueError, match="no number of cases"):
        cases_to_see(0.0, TENTH)
    with pytest.raises(ValueError, match="no number of cases"):
        cases_to_rule_out(0.1, TENTH, power=1.0)
