from dataclasses import replace
from decimal import Decimal

import pytest

from llmops_magics.evals.run import Comparison, ScoreDifference
from llmops_magics.release.verdict import decide_rule


def change_first(run_of, passed=38, cases=40, count=1, **changes):
    """A run whose first ``count`` samples have other fields."""
    samples = run_of(passed, cases).samples
    changed = tuple(replace(s, **changes) for s in samples[:count])
    return run_of(passed, cases, samples=changed + samples[count:])


# Wilson at 38 of 40: [0.835, 0.986]; at 24 of 40: [0.446, 0.737].
@pytest.mark.parametrize(
    ("passed", "rule", "verdict"),
    [
        (38, "contains >= 0.8", "PASS"),
        (38, "contains >= 0.9", "INCONCLUSIVE"),
        (24, "contains >= 0.8", "FAIL"),
        (38, "contains <= 0.8", "FAIL"),
        (24, "contains < 0.8", "PASS"),
        (40, "contains >= 1", "INCONCLUSIVE"),
    ],
)
def test_score_is_decided_on_its_whole_interval(run_of, passed, rule, verdict):
    assert decide_rule(rule, run_of(passed)).verdict == verdict


def test_inconclusive_says_by_how_much_and_what_it_takes(run_of):
    result = decide_rule("contains >= 0.7", run_of(32))
    # Wilson at 32 of 40 is [0.652, 0.895]: 0.148 down, 0.1 allowed, so 40 * (1.48² - 1) = 47.3
    assert result.reason == (
        "0.8 [0.652, 0.895] over 40 cases: the interval reaches 0.0476 beyond 0.7; "
        "about 48 further cases with the same result would decide it."
    )


def test_missing_score_is_never_a_pass(run_of):
    run = change_first(run_of, 40, error="timed out", scores=())
    result = decide_rule("contains >= 0.5", run)
    assert result.verdict == "INCONCLUSIVE"
    assert "1 observation is missing" in result.reason


def test_missing_that_could_not_save_it_fails(run_of):
    run = change_first(run_of, 4, error="timed out", scores=())
    assert decide_rule("contains >= 0.5", run).verdict == "FAIL"


def test_few_cases_are_inconclusive(run_of):
    assert decide_rule("contains >= 0.01", run_of(4, 4)).verdict == "INCONCLUSIVE"
    assert decide_rule("contains >= 0.01", run_of(4, 4), min_cases=4).verdict == "PASS"


def test_counts_are_facts(run_of):
    run = change_first(run_of, count=2, error="refused", scores=())
    assert decide_rule("errors == 0", run).verdict == "FAIL"
    assert decide_rule("errors <= 2", run).verdict == "PASS"
    assert decide_rule("missing == 0", run).reason == "2 scores are missing in 40 samples."
    assert decide_rule("errors[refund] <= 1", run).observed == 1


def test_slice_counts_only_its_cases(run_of):
    result = decide_rule("contains[refund] >= 0.6", run_of(38))
    assert (result.verdict, result.n, result.observed) == ("PASS", 20, 0.95)


def test_quantile_of_few_calls_is_unbounded(run_of):
    result = decide_rule("p95(latency_ms) <= 3000", run_of())
    assert (result.verdict, result.high) == ("INCONCLUSIVE", None)
    assert decide_rule("p95(latency_ms) <= 3000", run_of(80, 80)).verdict == "PASS"
    assert decide_rule("p50(latency_ms) <= 90", run_of()).verdict == "FAIL"


def test_total_cost_with_unknown_prices(run_of):
    run = change_first(run_of, cost_usd=None)
    assert decide_rule("total(cost_usd) <= 1", run).verdict == "INCONCLUSIVE"
    assert decide_rule("total(cost_usd) <= 0.01", run).verdict == "FAIL"
    assert decide_rule("total(cost_usd) <= 0.04", run_of()).verdict == "PASS"


def test_mean_cost_of_equal_prices_is_that_price(run_of):
    assert decide_rule("mean(cost_usd) <= 0.002", run_of()).verdict == "PASS"
    run = change_first(run_of, count=1, cost_usd=None)
    assert decide_rule("mean(cost_usd) <= 0.002", run).verdict == "INCONCLUSIVE"
    dear = change_first(run_of, count=39, cost_usd=Decimal("0.5"))
    assert decide_rule("mean(cost_usd) <= 0.002", dear).verdict == "FAIL"


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(-0.04, 0.1, "PASS"), (-0.2, 0.1, "INCONCLUSIVE"), (-0.3, -0.06, "FAIL")],
)
def test_non_inferior_holds_the_difference_against_the_margin(run_of, low, high, verdict):
    difference = ScoreDifference(
        scorer="contains", difference=(low + high) / 2, low=low, high=high, method="x", n=40,
        improved=(), regressed=(),
    )  # fmt: skip
    comparison = Comparison(
        baseline_run_id="r0", baseline_prompt="a@1", common_cases=40,
        differences=(difference,), baseline_outputs={},
    )  # fmt: skip
    run = run_of(comparison=comparison)
    assert decide_rule("contains non_inferior 0.05", run).verdict == verdict
    partly = run_of(comparison=replace(comparison, common_cases=39))
    assert decide_rule("contains non_inferior 0.05", partly).verdict != "PASS"
