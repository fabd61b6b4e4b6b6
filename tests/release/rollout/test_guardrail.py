from __future__ import annotations

import pytest

from llmops_magics.errors import UsageError
from llmops_magics.release.rollout.guardrail import (
    check_plan,
    parse_guardrail,
    parse_guardrails,
    parse_kill,
)


def test_a_guardrail_is_a_metric_and_a_margin():
    guard = parse_guardrail("error_rate  non_inferior 0.01")
    assert (guard.text, guard.margin) == ("error_rate non_inferior 0.01", 0.01)
    assert (guard.metric.is_share, guard.metric.more_is_worse) == (True, True)


@pytest.mark.parametrize("written", ["latency_over(2000ms)", "latency_over( 2 s )"])
def test_a_latency_limit_is_a_share_of_requests(written):
    metric = parse_guardrail(f"{written} non_inferior 0.02").metric
    assert (metric.name, metric.limit_ms, metric.is_share) == ("latency_over(2000ms)", 2000, True)


def test_feedback_and_scores_are_better_when_more():
    feedback = parse_guardrail("feedback.thumbs non_inferior 0.05").metric
    score = parse_guardrail("score.faithfulness non_inferior 0.1").metric
    assert (feedback.evaluation, feedback.is_share, feedback.more_is_worse) == (
        "thumbs", True, False,
    )  # fmt: skip
    assert (score.evaluation, score.is_share, score.source) == ("faithfulness", False, "evaluation")


def test_the_margin_of_a_mean_may_be_relative():
    guard = parse_guardrail("latency_ms non_inferior 10%")
    assert guard.margin_on(800.0) == pytest.approx(80.0)
    assert parse_guardrail("latency_ms non_inferior 50").margin_on(800.0) == 50


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("error_rate < 0.1", "no guardrail"),
        ("errors non_inferior 0.1", "no metric 'errors'"),
        ("error_rate non_inferior none", "'none' is no number"),
        ("error_rate non_inferior nan", "no number"),
        ("error_rate non_inferior 0", "above 0"),
        ("error_rate non_inferior 1%", "0.01 for 1 percentage"),
        ("latency_over(1.2.3s) non_inferior 0.1", "no number"),
    ],
)
def test_what_cannot_be_meant_is_refused(written, said):
    with pytest.raises(UsageError, match=said):
        parse_guardrail(written)


def test_one_guardrail_a_metric():
    with pytest.raises(UsageError, match="Two guardrails are on error_rate"):
        parse_guardrails(["error_rate non_inferior 0.01", "error_rate non_inferior 0.02"])


def test_kill_limits_have_a_side():
    errors, good = parse_kill("error_rate <= 0.2"), parse_kill("feedback.good >= 0.5")
    assert (errors.is_broken(0.21), errors.is_broken(0.2)) == (True, False)
    assert (good.is_broken(0.49), good.is_broken(0.5)) == (True, False)
    assert parse_kill("spend_usd<=50").metric is None


def test_a_plan_is_checked_before_it_begins():
    check_plan(["error_rate non_inferior 0.01"], ["spend_usd <= 50"])
    with pytest.raises(UsageError, match="no kill limit"):
        check_plan([], ["error_rate"])
