from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from llmops_magics.errors import UsageError
from llmops_magics.evals.attribution.effect import (
    case_values,
    effect,
    mean_of,
    prefers_higher,
    shown,
)
from llmops_magics.evals.run import EvalRun, Sample, Score
from llmops_magics.evals.summary import summarise
from llmops_magics.statistics.paired import newcombe_interval


def sample(case, value=None, repeat=0, **changes):
    scores = () if changes.get("error") else (Score(scorer="s", value=value),)
    values = {
        "inputs": {}, "expected": None, "output": "", "error": "", "scores": scores,
        "latency_ms": 100.0, "input_tokens": 1, "output_tokens": 1, "cost_usd": Decimal("0.5"),
    }  # fmt: skip
    return Sample(case_id=f"c{case}", repeat=repeat, **{**values, **changes})


def run(*samples, dataset_digest="sha256:1"):
    return EvalRun(
        run_id="r", prompt="p@1", prompt_digest="sha256:2", dataset="d", model="m/m",
        dataset_digest=dataset_digest, resolved_models=(), repeats=1, started_at="",
        summary=summarise(samples, ["s"], 0.0), samples=samples,
    )  # fmt: skip


def runs(candidate, baseline):
    return [run(*(sample(k, v) for k, v in enumerate(own))) for own in (candidate, baseline)]


def test_assertions_have_the_paired_interval_of_proportions():
    # 20 pairs: 8 held in both, 10 lost, 2 in neither; McNemar's exact p is 2/2^10.
    found = effect(*runs([True] * 8 + [False] * 12, [True] * 18 + [False] * 2), "s")
    interval = newcombe_interval(8, 0, 10, 2)
    assert found.difference == -0.5
    assert (found.low, found.high) == (interval.low, interval.high)
    assert (found.verdict, found.n, found.is_proportion) == ("worse", 20, True)
    assert (found.confidence, found.method) == (pytest.approx(0.95), "Newcombe paired")


def test_the_sign_flip_test_keeps_few_pairs_from_proving_much():
    # All of 5 pairs lost: Newcombe's interval excludes 0, but 2/2^5 = 0.0625 is no 5%.
    found = effect(*runs([False] * 5, [True] * 5), "s")
    assert newcombe_interval(0, 0, 5, 0).high < -0.3
    assert (found.difference, found.high, found.verdict) == (-1.0, 0.0, "within noise")
    assert found.method == "Newcombe paired, to 0 by the sign-flip test"


def test_six_pairs_that_all_fell_are_worse():
    assert effect(*runs([False] * 6, [True] * 6), "s").verdict == "worse"  # 2/2^6 = 0.031


def test_the_interval_is_widened_for_the_comparisons():
    pair = runs([False] * 7 + [True] * 5, [True] * 12)
    alone, among = effect(*pair, "s"), effect(*pair, "s", comparisons=10)
    assert alone.verdict == "worse"  # 2/2^7 = 0.016
    assert (among.confidence, among.verdict) == (pytest.approx(0.995), "within noise")
    assert "Bonferroni over 10 comparisons" in among.method
    assert among.low < alone.low


def test_which_way_is_better_depends_on_the_metric():
    assert prefers_higher("s")
    assert not prefers_higher("latency_ms")
    assert prefers_higher("latency_ms", wanted=True)
    fast = [run(*(sample(k, latency_ms=base + k) for k in range(20))) for base in (50, 100)]
    assert effect(*fast, "latency_ms", higher_is_better=False).verdict == "better"


def test_a_price_that_rose_alike_in_every_case_has_risen():
    old = run(*(sample(k, True) for k in range(8)))
    new = run(*(sample(k, True, cost_usd=Decimal("0.75")) for k in range(8)))
    found = effect(new, old, "cost_usd", higher_is_better=False)
    assert (found.difference, found.low, found.high) == (0.25, 0.25, 0.25)
    assert (found.verdict, found.method) == ("worse", "every case alike")
    assert effect(old, old, "cost_usd", higher_is_better=False).verdict == "within noise"


def test_errors_are_a_metric_of_their_own():
    old = run(*(sample(k, True) for k in range(10)))
    new = run(*(sample(k, True, error="no" if k < 8 else "") for k in range(10)))
    found = effect(new, old, "errors", higher_is_better=False)
    assert (found.difference, found.verdict, found.n) == (0.8, "worse", 10)
    scored = effect(new, old, "s")
    assert (scored.n, scored.verdict) == (2, "within noise")
    assert scored.method.endswith("8 cases have a value in one run only")


def test_repeats_are_averaged_and_not_counted_as_cases():
    repeated = run(sample(1, True, 0), sample(1, False, 1), sample(2, True, 0), sample(2, True, 1))
    assert case_values(repeated, "s") == {"c1": 0.5, "c2": 1.0}
    assert mean_of(repeated, "s") == 0.75


def test_nothing_in_common_is_not_measured():
    found = effect(run(sample(1, True)), run(sample(2, True)), "s")
    assert (found.difference, found.n, found.verdict) == (None, 0, "not measured")
    assert shown(found, "s") == "s has no interval over 0 common cases"


def test_what_cannot_be_compared_is_refused():
    one = run(sample(1, True))
    with pytest.raises(UsageError, match="'t' did not score the run of p@1"):
        effect(one, one, "t")
    with pytest.raises(UsageError, match="labels"):
        case_values(run(sample(1, "red")), "s")
    with pytest.raises(UsageError, match="different datasets"):
        effect(one, run(sample(1, True), dataset_digest="sha256:9"), "s")


def test_an_effect_in_words():
    found = effect(*runs([True] * 8 + [False] * 12, [True] * 18 + [False] * 2), "s")
    assert shown(found, "s").startswith("s -50 pp [-")
    assert shown(found, "s").endswith("over 20 cases at 0.95 confidence")


def test_skewed_scores_of_few_cases_are_not_called_different_too_often():
    generator = np.random.default_rng(5)
    wrong = 0
    for _ in range(150):
        one, other = generator.lognormal(5, 1, size=(2, 10))
        pair = [run(*(sample(k, latency_ms=v) for k, v in enumerate(own))) for own in (one, other)]
        wrong += effect(*pair, "latency_ms").verdict != "within noise"
    assert wrong <= 13  # 7.5 expected; the interval alone would give about 24
