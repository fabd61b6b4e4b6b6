import pytest

from llmops_magics.monitoring.check import observe
from llmops_magics.monitoring.record import Monitor

NOW_NS = 1_900_000_000 * 10**9


def watch(rule, min_calls=1):
    return Monitor(id=1, name="m", rule=rule, min_calls=min_calls, actor="", at="")


@pytest.fixture
def state(store):
    def seen(rule, min_calls=1):
        (found,) = observe(store, [watch(rule, min_calls)], now_ns=NOW_NS)
        return found

    return seen


def test_a_latency_beyond_its_bound_alerts(calls, state):
    for duration_ms in (100.0, 200.0, 900.0):
        calls(duration_ms)
    found = state("p50(latency_ms) >= 200 over 15m")
    assert (found.state, found.value, found.calls) == ("alert", 200, 3)
    assert state("p50(latency_ms) > 200 over 15m").state == "ok"
    assert state("max(latency_ms) > 899 over 15m").value == 900
    assert state("mean(latency_ms) > 400 over 15m").value == 400
    assert state("p95(first_token_ms) > 1 over 15m").state == "no data"


def test_too_few_calls_are_no_data_except_for_counts(calls, state):
    for _ in range(19):
        calls(ok=False, error="x")
    assert state("error_rate > 0.5 over 15m", min_calls=20).state == "no data"
    calls(ok=False, error="x")
    assert state("error_rate > 0.5 over 15m", min_calls=20).state == "alert"
    assert state("calls < 30 over 15m", min_calls=50).state == "alert"


def test_shares(calls, state):
    calls(ok=False, error="ModelTimeoutError")
    calls(hit=True)
    calls()
    calls()
    assert state("error_rate > 20% over 15m").value == 0.25
    assert state("failure_rate(timeout) > 20% over 15m").state == "alert"
    assert state("failure_rate(rate_limit) > 20% over 15m").state == "ok"
    assert state("cache_hit_rate < 0.5 over 15m").state == "alert"


def test_silence_is_data_for_a_count(state):
    found = state("calls < 1 over 15m")
    assert (found.state, found.value, found.calls) == ("alert", 0, 0)
    assert state("p95(latency_ms) > 1 over 15m").state == "no data"


def test_a_cost_with_unknown_prices_is_decided_only_where_they_do_not_matter(calls, state):
    calls(cost="2")
    calls()
    assert state("cost_usd > 1 over 1h").state == "alert"
    assert state("cost_usd > 5 over 1h").state == "no data"
    assert state("cost_usd < 1 over 1h").state == "ok"
    assert state("cost_usd < 5 over 1h").state == "no data"
    assert state("cost_usd > 1 over 1h").is_lower_bound


def test_each_monitor_has_its_own_window_and_filters(store, calls):
    calls(age_s=100, model="openai/a")
    calls(age_s=1000, model="openai/b")
    rules = (
        "calls > 0 over 5m",
        "calls > 0 over 1h",
        "calls[model=b] > 0 over 1h",
        "calls[model=b] > 0 over 5m",
    )
    found = observe(store, [watch(rule) for rule in rules], now_ns=NOW_NS)
    assert [seen.value for seen in found] == [1, 2, 1, 0]
    assert observe(store, []) == []


def test_calls_that_were_never_sent_are_in_no_rate(calls, state):
    calls(100.0)
    for _ in range(3):
        calls(0.1, ok=False, error="BudgetExceededError")
    assert (state("error_rate > 1% over 15m").state, state("calls < 2 over 15m").value) == ("ok", 1)
    assert state("failure_rate(other_error) > 1% over 15m").value == 0
    assert state("p50(latency_ms) < 50 over 15m").value == 100
