from __future__ import annotations

from decimal import Decimal

import pytest

from llmops_magics.evals.comparison import compare
from llmops_magics.evals.run import EvalRun, Sample, Score, ScoreSummary
from llmops_magics.evals.stored import _summary
from llmops_magics.evals.summary import summarise
from llmops_magics.record import to_jsonable
from llmops_magics.statistics.paired import newcombe_interval
from llmops_magics.statistics.proportion import wilson_interval


def sample(case, repeat=0, *, error="", latency_ms=10.0, cost="0.01", inputs=None, **values):
    scores = tuple(
        value if isinstance(value, Score) else Score(scorer=name, value=value)
        for name, value in values.items()
    )
    return Sample(
        case_id=case,
        repeat=repeat,
        inputs=inputs or {"q": case},
        expected="x",
        output=f"answer to {case}",
        error=error,
        scores=scores,
        latency_ms=latency_ms,
        input_tokens=None if error else 5,
        output_tokens=None if error else 2,
        cost_usd=Decimal(cost) if cost else None,
    )


def eval_run(samples, scorers, run_id="r"):
    return EvalRun(
        run_id=run_id,
        prompt=f"{run_id}@1",
        prompt_digest="",
        dataset="d",
        dataset_digest="",
        model="m",
        resolved_models=(),
        repeats=1,
        started_at="",
        summary=summarise(samples, scorers, 1.0),
        samples=tuple(samples),
    )


MISSING = Score(scorer="s", value=None, reason="judge failed")
OTHER = Score(scorer="s", value=None, applicable=False)


def one(samples, name="s"):
    return next(s for s in summarise(samples, [name], 1.0).scores if s.scorer == name)


def test_assertions_made_once_have_wilsons_interval():
    score = one([sample("a", s=True), sample("b", s=False), sample("c", s=True)])
    wilson = wilson_interval(2, 3)
    assert wilson is not None
    assert score.mean == pytest.approx(2 / 3)
    assert (score.low, score.high, score.method) == (wilson.low, wilson.high, "Wilson")
    assert (score.n, score.is_proportion) == (3, True)


def test_repeats_are_averaged_first_and_never_pooled():
    repeats = [sample("a", repeat, s=True) for repeat in range(9)]
    score = one([*repeats, sample("b", s=False)])
    assert score.mean == 0.5  # pooled it would be 0.9
    assert (score.n, score.is_proportion) == (2, True)
    assert score.method != "Wilson"


def test_missing_and_not_applicable_are_counted_and_not_averaged():
    samples = [sample("a", s=0.5), sample("b", s=MISSING), sample("c", s=OTHER)]
    score = one([*samples, sample("d", error="refused")])
    assert (score.mean, score.n, score.missing, score.not_applicable) == (0.5, 1, 2, 1)


def test_labels_have_no_mean():
    score = one([sample("a", s="kind"), sample("b", s="rude")])
    assert (score.mean, score.low, score.n, score.method) == (None, None, 2, "labels")


def test_all_failed_and_no_samples_have_no_mean():
    for samples in ([sample("a", s=MISSING)], []):
        score = one(samples)
        assert (score.mean, score.low, score.high, score.n) == (None, None, None, 0)


def test_identical_scores_still_have_a_width():
    score = one([sample(case, s=1.0) for case in "abc"])
    assert score.high == 1.0
    assert score.low == pytest.approx(0.05 ** (1 / 3))


def test_a_scorer_with_several_scores_is_summarised_by_key():
    several = {"s.a": True, "s.b": 0.5}
    samples = [sample("x", **several), sample("y", s=MISSING)]
    summary = summarise(samples, ["s"], 1.0)
    assert [(s.scorer, s.n, s.missing) for s in summary.scores] == [("s.a", 1, 1), ("s.b", 1, 1)]


def test_totals_leave_out_what_is_not_known():
    samples = [
        sample("b", latency_ms=10.0),
        sample("a", latency_ms=30.0, cost="", s=False),
        sample("b", 1, error="timeout", latency_ms=9000.0, cost=""),
    ]
    summary = summarise(samples, ["s"], 2.5)
    assert (summary.samples, summary.cases, summary.errors) == (3, 2, 1)
    assert summary.failed_cases == ("b", "a")
    assert (summary.latency_p50_ms, summary.latency_p95_ms) == (20.0, 29.0)
    assert (summary.cost_usd, summary.unpriced_samples) == (Decimal("0.01"), 1)
    assert (summary.input_tokens, summary.output_tokens, summary.wall_s) == (10, 4, 2.5)


def test_a_comparison_is_paired_by_case():
    new = eval_run([sample(c, s=c != "c") for c in "dabc"], ["s"], "new")
    old = eval_run([sample(c, s=c != "a") for c in "abce"], ["s"], "old")
    comparison = compare(new, old)
    (difference,) = comparison.differences
    expected = newcombe_interval(1, 1, 1, 0)
    assert expected is not None
    assert (comparison.baseline_run_id, comparison.baseline_prompt) == ("old", "old@1")
    assert (comparison.common_cases, difference.n, difference.difference) == (3, 3, 0.0)
    assert (difference.improved, difference.regressed) == (("a",), ("c",))
    assert (difference.low, difference.high) == (expected.low, expected.high)
    assert comparison.baseline_outputs["a"] == "answer to a"


def test_a_case_that_was_edited_is_not_common():
    new = eval_run([sample("a", s=1.0), sample("b", s=1.0)], ["s"])
    old = eval_run([sample("a", s=0.0), sample("b", s=0.0, inputs={"q": "other"})], ["s"])
    assert compare(new, old).common_cases == 1


def test_a_baseline_with_nothing_in_common_has_no_difference():
    (difference,) = compare(eval_run([sample("a", s=1.0)], ["s"]), eval_run([], ["s"])).differences
    assert (difference.difference, difference.low, difference.n) == (None, None, 0)


def test_missing_scores_and_labels_are_left_out_of_a_comparison():
    new = eval_run([sample("a", s=0.5, l="x"), sample("b", s=MISSING, l="x")], ["s", "l"])
    old = eval_run([sample("a", s=0.25, l="y"), sample("b", s=1.0, l="x")], ["s", "l"])
    (difference,) = compare(new, old).differences
    assert (difference.scorer, difference.n, difference.difference) == ("s", 1, 0.25)
    assert difference.low is not None


def test_repeats_tell_how_reliable_a_case_is():
    values = [(True, True), (True, False), (False, False), (True,)]
    samples = [sample(f"c{k}", r, s=v) for k, own in enumerate(values) for r, v in enumerate(own)]
    score = one(samples)
    assert (score.k, score.flake_rate) == (2, pytest.approx(1 / 3))  # of the three with repeats
    assert (score.pass_at_k, score.pass_hat_k) == pytest.approx((2 / 3, 1 / 3))
    assert score.discordance == pytest.approx(1 / 3)
    assert one([sample("a", s=True)]).k is None


def test_a_failed_repeat_is_neither_a_pass_nor_a_flake():
    samples = [sample("a", 0, s=True), sample("a", 1, s=True), sample("a", 2, error="late")]
    score = one(samples)
    assert (score.k, score.pass_hat_k, score.flake_rate) == (2, 1.0, 0.0)


def test_a_score_carries_its_standard_error():
    score = one([sample("a", s=1.0), sample("b", s=2.0), sample("c", s=3.0)])
    assert score.standard_error == pytest.approx(1 / 3**0.5)
    assert score.groups is None


def test_a_summary_of_an_earlier_schema_is_still_read():
    body = to_jsonable(summarise([sample("a", s=True)], ["s"], 1.0))
    new = {"standard_error", "groups", "k", "pass_at_k", "pass_hat_k", "flake_rate", "discordance"}
    body["scores"] = [{k: v for k, v in s.items() if k not in new} for s in body["scores"]]
    (score,) = _summary(body).scores
    assert isinstance(score, ScoreSummary)
    assert (score.mean, score.k, score.standard_error) == (1.0, None, None)
