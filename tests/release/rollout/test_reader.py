from __future__ import annotations

import time

import pytest

from llmops_magics.release.rollout.metric import parse_metric
from llmops_magics.release.rollout.reader import observe, read_windows
from llmops_magics.tracing import semconv

NAMES = ("error_rate", "latency_ms", "latency_over(104ms)", "cost_usd", "refusal_rate",
         "feedback.good", "score.length")  # fmt: skip
METRICS = [parse_metric(name) for name in NAMES]


def read(production, metrics=METRICS):
    pointer = production.pointer
    with production.store.read() as connection:
        windows = read_windows(connection, pointer)
        return observe(connection, pointer.rollout_id, windows, metrics)


def test_both_arms_are_added_up(production):
    production.begin(50.0)
    production.spans("stable", 40, errors=2)
    production.spans("candidate", 10, errors=1)
    (seen,) = read(production).steps
    assert (seen.stable.requests, seen.candidate.requests) == (40, 10)
    assert seen.stable.tally("error_rate").mean == pytest.approx(2 / 40)
    latency = seen.candidate.tally("latency_ms")  # 101 to 109 ms: the failed one has none
    assert (latency.n, latency.mean) == (9, pytest.approx(105.0))
    assert latency.variance == pytest.approx(60 / 8)
    late = seen.candidate.tally("latency_over(104ms)")  # 105 to 109, and the failed one
    assert (late.n, late.total) == (10, 6)
    assert seen.stable.spend_usd == pytest.approx(0.08)
    assert seen.stable.tally("cost_usd").mean == pytest.approx(0.002)


def test_each_step_is_apart_and_a_pause_belongs_to_its_step(production):
    production.begin(5.0, 50.0)
    production.spans("candidate", 3)
    production.step(production.pointer.rollout_id, production.pointer.generation, 0.5)
    production.spans("candidate", 4)
    production.pause()
    production.spans("candidate", 5)
    assert [seen.candidate.requests for seen in read(production).steps] == [3, 9]


@pytest.mark.parametrize(
    "attributes",
    [
        {semconv.RELEASE_ROLLOUT: "another"},
        {semconv.PURPOSE: "judge"},
        {semconv.ERROR_TYPE: "CancelledError"},
        {semconv.ERROR_TYPE: "BudgetExceededError"},
        {semconv.OPERATION: "execute_tool"},
        {semconv.RELEASE_BY: "other"},
        {semconv.RELEASE_ARM: "shadow"},
    ],
)
def test_what_is_no_request_of_an_arm_does_not_count(production, attributes):
    production.begin(50.0)
    production.spans("candidate", 5, **attributes)
    production.spans("candidate", 2, **{semconv.RELEASE_BY: "bucket"})
    assert read(production).current.candidate.requests == 2


def test_what_was_before_the_rollout_does_not_count(production):
    production.begin(50.0)
    production.spans("candidate", 5, started_ns=time.time_ns() - 3600 * 10**9)
    assert read(production).current.candidate.requests == 0


def test_stored_answers_have_no_latency_and_no_cost(production):
    production.begin(50.0)
    production.spans("candidate", 5, **{semconv.CACHE_HIT: True})
    arm = read(production).current.candidate
    assert (arm.requests, arm.tally("latency_ms").n, arm.tally("cost_usd").n) == (5, 0, 0)


def test_an_unknown_price_is_not_0(production):
    production.begin(50.0)
    production.spans("candidate", 5, **{semconv.COST_USD: None})
    production.spans("candidate", 5)
    cost = read(production).current.candidate.tally("cost_usd")
    assert (cost.n, cost.mean) == (5, pytest.approx(0.002))


def test_refusals_are_counted(production):
    production.begin(50.0)
    production.spans("candidate", 3, **{semconv.FINISH_REASONS: ["refusal"]})
    production.spans("candidate", 1, **{semconv.FINISH_REASONS: ["stop"]})
    tally = read(production).current.candidate.tally("refusal_rate")
    assert (tally.n, tally.total) == (4, 3)


def test_feedback_counts_for_the_arm_it_is_about(production):
    from llmops_magics.release.rollout.feedback import add_feedback

    production.begin(50.0)
    for span, value in zip(production.spans("candidate", 3), (True, True, False), strict=True):
        add_feedback(production.store, span.trace_id, "good", value)
        add_feedback(production.store, span.trace_id, "length", 10 + value)
    (span,) = production.spans("stable", 1)
    add_feedback(production.store, span.trace_id, "good", False)
    seen = read(production).current
    good = seen.candidate.tally("feedback.good")
    assert (good.n, good.total) == (3, 2)
    assert seen.stable.tally("feedback.good").total == 0
    assert seen.candidate.tally("score.length").mean == pytest.approx(32 / 3)
    assert seen.candidate.requests == 3


def test_the_same_said_a_hundred_times_counts_once_and_the_last_word_holds(production):
    from llmops_magics.release.rollout.feedback import add_feedback

    production.begin(50.0)
    loud, other = production.spans("candidate", 2)
    for _ in range(100):
        add_feedback(production.store, loud.trace_id, "good", True)
    add_feedback(production.store, other.trace_id, "good", True)
    add_feedback(production.store, other.trace_id, "good", False)
    good = read(production).current.candidate.tally("feedback.good")
    assert (good.n, good.total) == (2, 1)


@pytest.mark.slow
def test_hundred_thousand_spans_are_added_up_in_seconds(production):
    production.begin(10.0)
    message = {semconv.INPUT_MESSAGES: "x" * 500, semconv.OUTPUT_MESSAGES: "y" * 500}
    for _ in range(10):
        production.spans("stable", 9_000, errors=100, **message)
        production.spans("candidate", 1_000, errors=10, **message)
    began = time.perf_counter()
    seen = read(production, [parse_metric(n) for n in ("error_rate", "latency_ms", "cost_usd")])
    took_s = time.perf_counter() - began
    assert seen.current.stable.requests == 90_000
    assert took_s < 10.0  # 1.5 s measured on two busy cores
