import math

import pytest

from llmops_magics.release.gate.further import detectable, further_cases, what_it_takes
from llmops_magics.release.gate.observation import Estimate
from llmops_magics.release.gate.rule import parse_rule

RULE = parse_rule("s >= 0.7")


def estimate(value, low, high, n=100):
    return Estimate(value=value, low=low, high=high, n=n)


def test_half_the_distance_takes_four_times_the_cases():
    # the interval reaches 0.2 down and may reach 0.1: n (0.2 / 0.1)²
    assert further_cases(RULE, estimate(0.8, 0.6, 0.9)) == 300


def test_on_the_bound_no_number_is_enough():
    on_it = estimate(0.7, 0.6, 0.8)
    assert further_cases(RULE, on_it) == math.inf
    assert "an estimate on the bound itself stays undecided." in what_it_takes(RULE, on_it, "cases")


def test_far_too_many_are_not_counted():
    assert "more than 100,000 further cases" in what_it_takes(
        RULE, estimate(0.701, 0.6, 0.8), "cases"
    )


@pytest.mark.parametrize(("rule", "word"), [("s >= 0.7", "drop"), ("s <= 0.7", "rise")])
def test_what_can_be_seen_is_a_change_for_the_worse(rule, word):
    words = what_it_takes(parse_rule(rule), estimate(0.75, 0.65, 0.85), "cases")
    assert f"100 cases can see a {word} of 0.143 beyond 0.7." in words  # 0.1 (1 + 0.842 / 1.96)


def test_a_margin_is_a_drop_from_the_baseline():
    rule = parse_rule("s non_inferior 0.05")
    words = what_it_takes(rule, estimate(0.0, -0.1, 0.1), "pairs of cases")
    assert "about 300 further pairs of cases" in words
    assert words.endswith("100 pairs of cases can see a drop of 0.143.")


def test_nothing_is_seen_without_an_interval():
    assert detectable(RULE, estimate(0.7, None, None)) is None
    assert detectable(parse_rule("s <= 1"), estimate(0.7, -math.inf, 1.0)) is None


def test_an_interval_that_an_exact_test_widened_to_the_bound_says_so():
    widened = estimate(0.756, 0.6, 0.862, n=41)
    said = what_it_takes(parse_rule("contains >= 0.6"), widened, "cases")
    assert said.startswith("the interval shows it, the exact test does not; about 2 further cases")
