"""Costs, metrics and what is kept of past days on a real PostgreSQL server: as on SQLite."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest
from sqlalchemy import select

from llmops_magics.cost.price import PriceBook
from llmops_magics.monitoring.aggregate import aggregate
from llmops_magics.monitoring.check import observe
from llmops_magics.monitoring.exposition import exposition
from llmops_magics.monitoring.record import Monitor
from llmops_magics.monitoring.window import last
from llmops_magics.storage.table import call_period
from llmops_magics.tracing.retention import prune
from llmops_magics.tracing.summary_table import store_spans
from llmops_magics.tracing.trace import Span
from llmops_magics.workbench.costs import Costs

pytestmark = pytest.mark.xdist_group("postgresql")  # one server

NOW = time.time_ns()
DAY = 86_400 * 10**9
ATTRIBUTES = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "openai/gpt-4.1-mini",
    "gen_ai.usage.input_tokens": 2000,
    "gen_ai.usage.output_tokens": 250,
    "llmops.cost.usd": "0.0012",
    "llmops.prompt.ref": "geo/capital@3",
    "llmops.notebook": "a.ipynb",
    "user.id": "eve",
}


def call(number, *, age_ns=0, error="", **changes):
    attributes = ATTRIBUTES | changes | ({"error.type": error} if error else {})
    return Span(
        trace_id=f"{number:032x}", span_id="b" * 16, parent_id=None, name="chat",
        started_ns=NOW - age_ns, duration_ms=100.0, status="error" if error else "ok",
        attributes={name: value for name, value in attributes.items() if value is not None},
    )  # fmt: skip


@pytest.fixture
def store(postgresql_store):
    """Two calls and a refusal of now, three calls of three days ago."""
    hit = {"llmops.cost.usd": "0", "llmops.cost.saved_usd": "0.0012", "llmops.cache.hit": True}
    store_spans(postgresql_store, [
        call(1),
        call(2, **{"llmops.cost.usd": "broken", "gen_ai.usage.input_tokens": "many"}),
        call(3, error="BudgetExceededError", **{"llmops.cost.usd": None}),
        call(4, age_ns=3 * DAY, **{"llmops.prompt.ref": "geo/capital@4"}),
        call(5, age_ns=3 * DAY, error="RateLimitError", **{"llmops.cost.usd": None}),
        call(6, age_ns=3 * DAY, **hit),
    ])  # fmt: skip
    return postgresql_store


def kept(store):
    with store.read() as connection:
        return len(connection.execute(select(call_period.c.body)).scalars().all())


@pytest.mark.parametrize(
    ("by", "keys"),
    [
        ("model", {"openai/gpt-4.1-mini"}),
        ("prompt", {"geo/capital"}),
        ("version", {"geo/capital@3", "geo/capital@4"}),
        ("notebook", {"a.ipynb"}),
        ("user", {"eve"}),
    ],
)
def test_costs_are_the_same_of_spans_sums_and_pruned_traces(store, by, keys):
    costs = Costs(lambda: store, PriceBook(), lambda: "ada")
    for _ in range(2):
        report = costs.report(by)
        total = report.total
        assert ({row.key for row in report.rows}, total.calls) == (keys, 5)
        assert (total.cost_usd, total.unpriced_calls) == (Decimal("0.0024"), 1)
        assert (total.cache_hits, total.saved_usd) == (1, Decimal("0.0012"))
    assert bool(kept(store)) == (by != "user")
    assert prune(store, NOW - DAY, dry_run=False, actor="ada").spans == 3
    assert costs.report(by).total == total


def test_history_is_priced_again(store):
    report = Costs(lambda: store, PriceBook(), lambda: "ada").report("day", reprice=True)
    # two answers and a failure that told its tokens, 0.0012 each; the broken one 250 x 1.60
    assert report.total.cost_usd == 3 * Decimal("0.0012") + Decimal("0.0004")
    assert len(report.rows) == 2


def test_metrics_count_what_is_left_of_pruned_traces(store):
    week = last(7 * 86_400)
    before = aggregate(store, week, by="notebook")
    assert [group.key for group in before.groups] == ["a.ipynb"]
    assert (before.total.calls, before.total.refused, before.total.timed_calls) == (5, 1, 4)
    prune(store, NOW - DAY, dry_run=False, actor="ada")
    after = aggregate(store, week, by="notebook").total
    assert (after.calls, after.errors, after.pruned_calls, after.timed_calls) == (5, 1, 3, 2)
    assert after.cost_usd == before.total.cost_usd


def test_a_scrape_is_the_same_of_spans_and_sums(store):
    first = exposition(store)
    assert kept(store)
    assert first == exposition(store)
    assert 'llmops_refused_calls_total{model="openai/gpt-4.1-mini"' in first
    store_spans(store, [call(7, age_ns=3 * DAY)])
    assert exposition(store) != first


def test_a_refused_call_is_in_no_rate(store):
    rule = Monitor(id=1, name="m", rule="error_rate > 1% over 1h", min_calls=1, actor="", at="")
    (seen,) = observe(store, [rule])
    assert (seen.state, seen.value, seen.calls) == ("ok", 0, 2)
