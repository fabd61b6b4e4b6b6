from decimal import Decimal

import pytest

from llmops_magics.errors import UsageError
from llmops_magics.monitoring.aggregate import GROUPINGS, aggregate
from llmops_magics.monitoring.window import last
from llmops_magics.statistics.quantile import quantile
from llmops_magics.tracing.retention import prune

NOW_NS = 1_900_000_000 * 10**9
HOUR = last(3600, now_ns=NOW_NS)


def test_latencies_are_exact_and_leave_out_what_no_endpoint_answered(store, calls):
    for duration_ms in range(1, 101):
        calls(float(duration_ms))
    calls(0.1, hit=True)
    calls(5.0, ok=False, error="CancelledError")
    total = aggregate(store, HOUR).total
    values = list(range(1, 101))
    assert (total.calls, total.timed_calls, total.cache_hits, total.cancelled) == (102, 100, 1, 1)
    assert total.p50_ms == pytest.approx(quantile(values, 0.5)) == 50.5
    assert total.p95_ms == pytest.approx(quantile(values, 0.95))
    assert total.p99_ms == pytest.approx(quantile(values, 0.99))
    assert (total.mean_ms, total.max_ms) == (50.5, 100)


def test_errors_have_an_interval_and_failures_a_class(store, calls):
    for _ in range(8):
        calls()
    calls(ok=False, error="ModelTimeoutError")
    calls(finish=["length"])
    total = aggregate(store, HOUR).total
    assert (total.errors, total.error_rate) == (1, 0.1)
    assert (round(total.error_low, 3), round(total.error_high, 3)) == (0.018, 0.404)  # Wilson
    assert total.failures == {"timeout": 1, "truncated": 1}


def test_an_unknown_cost_stays_unknown(store, calls):
    calls(cost="0.25", tokens=10)
    calls(cost="0.05")
    calls(tokens=5)
    calls(ok=False, error="RequestRejectedError")  # a refused call costs nothing
    total = aggregate(store, HOUR).total
    assert (total.cost_usd, total.unpriced_calls) == (Decimal("0.30"), 1)
    assert (total.input_tokens, total.unmetered_calls) == (15, 1)


@pytest.mark.parametrize(
    ("by", "keys"),
    [
        ("model", ["openai/a", "acme/b"]),
        ("prompt", ["p", "(none)"]),
        ("version", ["p@1", "(none)", "p@2"]),
        ("purpose", ["(none)", "eval"]),
        ("day", ["2030-03-17"]),
        ("hour", ["2030-03-17T17:00Z"]),
        ("notebook", ["(none)", "nb.ipynb"]),
    ],
)
def test_groups(store, calls, by, keys):
    assert by in GROUPINGS
    root = {"llmops.notebook": "nb.ipynb"}
    calls.span(root, trace="f" * 32)
    chat = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "acme"}
    chat |= {"gen_ai.request.model": "b", "llmops.purpose": "eval"}
    calls.span(chat, trace="f" * 32, parent="1")
    calls(prompt="p@1")
    calls(prompt="p@1")
    calls(prompt="p@2")
    found = aggregate(store, HOUR, by=by)
    assert [group.key for group in found.groups] == keys
    assert sum(group.calls for group in found.groups) == found.total.calls == 4


def test_a_filter_keeps_versions_of_a_prompt_and_a_model_without_its_endpoint(store, calls):
    calls(prompt="p@1")
    calls(prompt="p@2", model="openai/b")
    calls(prompt="pq@1")

    def counted(**where):
        return aggregate(store, HOUR, where=where).total.calls

    assert (counted(prompt="p"), counted(prompt="p@2"), counted(prompt="x")) == (2, 1, 0)
    assert (counted(model="a"), counted(model="openai/b"), counted(model="a", prompt="p")) == (
        2,
        1,
        1,
    )
    with pytest.raises(UsageError, match="no filter 'user'"):
        counted(user="x")
    with pytest.raises(UsageError, match="no grouping by 'colour'"):
        aggregate(store, HOUR, by="colour")


def test_a_call_counts_where_it_began_and_other_spans_do_not(store, calls):
    calls(age_s=3600)
    calls(age_s=3601)
    calls(age_s=0)
    calls.span({"gen_ai.operation.name": "execute_tool"})
    calls.span({})
    assert aggregate(store, HOUR).total.calls == 1


def test_the_series_has_a_step_for_every_moment(store, calls):
    calls(100.0, age_s=3500)
    calls(300.0, age_s=3500, ok=False, error="x")
    calls(50.0, age_s=10)
    found = aggregate(store, HOUR)
    assert found.step_s == 120
    assert len(found.moments) == 30  # from 16:48, where the first call is, to 17:46
    assert (found.moments[0].calls, found.moments[0].errors, found.moments[0].p50_ms) == (2, 1, 200)
    assert (found.moments[1].calls, found.moments[1].p95_ms) == (0, None)
    assert sum(step.calls for step in found.moments) == 3


def test_nothing_stored(store):
    found = aggregate(store, HOUR)
    assert (found.total.calls, found.total.error_rate, found.total.p50_ms) == (0, None, None)
    assert found.groups == ()
    assert found.to_pandas()["calls"].tolist() == [0]


def test_spans_whose_attributes_are_not_what_they_should_be(store, calls):
    calls(0.0, tokens="many", cost="cheap", finish=7, first_s="soon", prompt=3)
    calls(
        -5.0,
        tokens=True,
        cost="-1",
        hit="no",
        **{"llmops.retries": -2, "gen_ai.output.messages": 1},
    )
    calls(cost="NaN", model=None, tokens=1.0)
    total = aggregate(store, HOUR).total
    assert (total.calls, total.unpriced_calls, total.cost_usd, total.retries) == (3, 3, 0, 0)
    assert (total.input_tokens, total.cache_hits) == (1, 0)


def test_a_table_for_pandas(store, calls):
    calls(cost="0.25")
    calls(ok=False, error="ModelTimeoutError", model="acme/b")
    frame = aggregate(store, HOUR).to_pandas()
    assert frame["model"].tolist() == ["acme/b", "openai/a", "total"]
    assert frame["failure_timeout"].tolist() == [1, 0, 1]


@pytest.mark.parametrize("error", ["BudgetExceededError", "CostCapError"])
def test_a_call_that_was_never_sent_is_refused_and_nothing_else(store, calls, error):
    calls(100.0, cost="0.25", tokens=5)
    calls(0.1, ok=False, error=error)
    calls(200.0, ok=False, error="ModelTimeoutError")
    found = aggregate(store, HOUR)
    total = found.total
    assert (total.calls, total.refused, total.errors, total.error_rate) == (2, 1, 1, 0.5)
    assert (total.timed_calls, total.p50_ms, total.failures) == (2, 150, {"timeout": 1})
    assert (total.unpriced_calls, sum(step.calls for step in found.moments)) == (0, 2)


def pruned(store, calls):
    """Two calls of yesterday, of which sums are left, and one of now."""
    calls(100.0, age_s=86_400, cost="0.25", tokens=5, prompt="p@1", purpose="eval")
    calls(1.0, age_s=86_400, ok=False, error="BudgetExceededError", model="b")
    calls(1.0, age_s=86_400, ok=False, error="RateLimitError", model="b")
    assert prune(store, NOW_NS - 3600 * 10**9, dry_run=False, actor="ada").spans == 3
    calls(300.0, cost="0.5", tokens=7)


@pytest.mark.parametrize(
    ("by", "keys"),
    [
        ("model", ["openai/a", "b"]),
        ("version", ["(none)", "p@1"]),
        ("notebook", ["(none)"]),
        ("day", ["2030-03-16", "2030-03-17"]),
        ("hour", ["2030-03-16", "2030-03-17T17:00Z"]),
    ],
)
def test_what_is_left_of_pruned_traces_counts_but_has_no_latency(store, calls, by, keys):
    pruned(store, calls)
    found = aggregate(store, last(3 * 86_400, now_ns=NOW_NS), by=by)
    total = found.total
    assert (total.calls, total.pruned_calls, total.errors, total.refused) == (3, 2, 1, 1)
    assert (total.cost_usd, total.input_tokens) == (Decimal("0.75"), 12)
    assert (total.timed_calls, total.p50_ms, total.failures) == (1, 300, {"rate_limit": 1})
    assert (found.since[:10], [group.key for group in found.groups]) == ("2030-03-16", keys)
    assert sum(step.calls for step in found.moments) == 1


def test_pruned_calls_are_filtered_and_count_where_their_whole_day_does(store, calls):
    pruned(store, calls)
    window = last(3 * 86_400, now_ns=NOW_NS)
    assert aggregate(store, window, where={"prompt": "p"}).total.pruned_calls == 1
    assert aggregate(store, window, where={"purpose": "judge"}).total.calls == 0
    assert aggregate(store, last(86_400, now_ns=NOW_NS)).total.pruned_calls == 0
