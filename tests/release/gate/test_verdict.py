from dataclasses import replace
from decimal import Decimal

import pytest

from llmops_magics.errors import UsageError
from llmops_magics.evals.comparison import compare
from llmops_magics.evals.run import Comparison, Score, ScoreDifference
from llmops_magics.evals.summary import summarise
from llmops_magics.release.gate.verdict import decide_rule


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
        "about 48 further cases with the same result would decide it. "
        "40 cases can see a drop of 0.136 beyond 0.7."
    )
    # up to 0.895 is 0.0952 above 0.8; times 1 + 0.842 / 1.96
    assert (result.more_cases, result.detectable) == (48, pytest.approx(0.136, abs=5e-4))


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


def test_wilson_alone_does_not_fail_what_the_exact_test_lets_stand(run_of):
    result = decide_rule("contains >= 0.95", run_of(17, 20))  # Wilson ends at 0.948
    assert result.verdict == "INCONCLUSIVE"
    assert "exact binomial" in result.method
    assert decide_rule("contains >= 0.95", run_of(15, 20)).verdict == "FAIL"


def with_scores(run_of, values, **changes):
    """A run with a count a case, as ``pii_leak`` gives it."""
    run = run_of(len(values), len(values))
    samples = tuple(
        replace(s, scores=(Score(scorer="leaks", value=value),), **changes)
        for s, value in zip(run.samples, values, strict=True)
    )
    return replace(run, samples=samples, summary=summarise(samples, ["leaks"], 1.0))


def test_what_must_never_happen(run_of):
    clean = decide_rule("leaks == 0", with_scores(run_of, [0.0] * 40))
    assert (clean.verdict, clean.observed) == ("PASS", 0.0)
    assert "up to 0.072 of all cases" in clean.reason  # 1 - 0.05^(1/40)
    leaky = with_scores(run_of, [0.0] * 39 + [2.0])
    assert decide_rule("leaks == 0", leaky).verdict == "FAIL"
    assert decide_rule("leaks[refund] == 0", leaky).verdict == "FAIL"
    unknown = with_scores(run_of, [0.0] * 39 + [None])
    assert decide_rule("leaks == 0", unknown).verdict == "INCONCLUSIVE"
    assert decide_rule("leaks == 0", with_scores(run_of, [0.0] * 4)).verdict == "INCONCLUSIVE"
    with pytest.raises(UsageError, match="labels"):
        decide_rule("leaks == 0", with_scores(run_of, ["red"] * 9))


def test_groups_of_cases_are_no_independent_cases(run_of):
    values = [k % 10 != 0 for k in range(100)]  # every tenth fails
    spread = with_scores(run_of, values)
    alone = decide_rule("leaks >= 0.8", spread)
    samples = tuple(replace(s, group=f"g{k % 10}") for k, s in enumerate(spread.samples))
    grouped = replace(spread, samples=samples, summary=summarise(samples, ["leaks"], 1.0))
    found = decide_rule("leaks >= 0.8", grouped)
    assert (alone.verdict, found.verdict) == ("PASS", "INCONCLUSIVE")
    assert "100 cases in 10 groups" in found.reason


def test_repeats_are_not_pooled_in_a_quantile(run_of):
    run = run_of()
    repeated = tuple(replace(s, repeat=r) for s in run.samples for r in range(3))
    result = decide_rule("p95(latency_ms) <= 3000", replace(run, samples=repeated))
    assert (result.verdict, result.n, result.high) == ("INCONCLUSIVE", 40, None)


def test_equal_prices_of_few_cases_prove_no_price(run_of):
    # up to 1 - 0.05^(1/5) = 45% of cases may cost something else, taken to be at most 10 times
    result = decide_rule("mean(cost_usd) <= 0.002", run_of(5, 5))
    assert (result.verdict, result.high) == ("INCONCLUSIVE", pytest.approx(0.00506, abs=1e-5))


def test_a_baseline_whose_judge_failed_is_no_baseline(run_of):
    difference = ScoreDifference(
        scorer="contains", difference=0.0, low=-0.01, high=0.01, method="x", n=39, improved=(),
        regressed=(), missing=1,
    )  # fmt: skip
    comparison = Comparison(
        baseline_run_id="r0", baseline_prompt="a@1", common_cases=40, differences=(difference,),
        baseline_outputs={},
    )  # fmt: skip
    result = decide_rule("contains non_inferior 0.05", run_of(comparison=comparison))
    assert (result.verdict, result.reason[:24]) == ("INCONCLUSIVE", "1 observation is missing")


def test_cases_of_one_group_tell_nothing_of_others(run_of):
    spread = with_scores(run_of, [True] * 30 + [False] * 2)
    samples = tuple(replace(s, group="only") for s in spread.samples)
    run = replace(spread, samples=samples, summary=summarise(samples, ["leaks"], 1.0))
    result = decide_rule("leaks >= 0.5", run)
    assert (result.verdict, result.low) == ("INCONCLUSIVE", None)
    assert "are of one group" in result.reason


@pytest.mark.parametrize("values", [[True], [False] * 9, [True] * 9])
def test_a_baseline_without_samples_decides_nothing(run_of, values):
    run = with_scores(run_of, values)
    empty = replace(run, samples=(), summary=run.summary)
    compared = replace(run, comparison=compare(run, empty))
    assert decide_rule("leaks non_inferior 0.05", compared).verdict == "INCONCLUSIVE"


def test_one_case_proves_nothing(run_of):
    for rule in ("leaks >= 0.5", "leaks == 0", "mean(cost_usd) <= 1"):
        assert decide_rule(rule, with_scores(run_of, [0.0])).verdict == "INCONCLUSIVE"
