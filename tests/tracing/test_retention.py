from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from trace_spans import call, span

from llmops_magics.audit import trail
from llmops_magics.audit.retention import hold, unhold
from llmops_magics.storage.store import Store
from llmops_magics.storage.table import trace_day
from llmops_magics.tracing import retention
from llmops_magics.tracing.day import GROWTH, bucket, pruned_days
from llmops_magics.tracing.retention import prune
from llmops_magics.tracing.summary_table import load_summary, store_spans
from llmops_magics.tracing.writer import read_trace

DAY_S = 86_400
CUT_NS = 10 * DAY_S * 10**9


@pytest.fixture
def store(tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 'llmops.db'}")
    old = {"llmops.prompt.ref": "a@1"}
    store_spans(
        store,
        [
            span(1, trace=1, at_s=DAY_S, ms=1000, **{"llmops.notebook": "n.ipynb"}),
            call(2, trace=1, parent=1, at_s=DAY_S, ms=100, attributes=old),
            call(3, trace=1, parent=1, at_s=DAY_S, ms=300, cost=None, attributes=old),
            call(1, trace=2, at_s=2 * DAY_S, ms=50, status="error", cost=None),
            call(1, trace=3, at_s=DAY_S, ms=100, attributes={"llmops.run.id": "run-1"}),
            call(1, trace=4, at_s=20 * DAY_S, ms=100),
            span(1, trace=5, at_s=10 * DAY_S - 1, ms=5_000),  # ends after the cut
        ],
    )
    yield store
    store.close()


def days(store):
    with store.read() as connection:
        rows = connection.execute(select(trace_day).order_by(trace_day.c.day)).mappings()
        return {
            (r["day"], r["model"], r["prompt"], r["notebook"], r["purpose"]): r["body"]
            for r in rows
        }


def test_old_traces_go_and_their_sums_stay(store):
    done = prune(store, CUT_NS, dry_run=False, actor="ada")
    assert (done.traces, done.spans, done.kept, done.days) == (2, 4, 1, 2)
    assert [bool(load_summary(store, f"{n:032x}")) for n in range(1, 6)] == [
        False, False, True, True, True,
    ]  # fmt: skip
    assert read_trace(store, f"{1:032x}") == ()
    first, second = days(store).values()
    assert next(iter(days(store))) == ("1970-01-02", "openai/m", "a@1", "n.ipynb", "")
    assert (first["calls"], first["input_tokens"], first["cost_usd"]) == (2, 200, "0.01")
    assert (first["unpriced_calls"], first["latency_ms"]) == (1, 400.0)
    assert first["latency_buckets"] == {str(bucket(100)): 1, str(bucket(300)): 1}
    assert (second["calls"], second["errors"], second["failures"]) == (1, 1, {"other_error": 1})


def test_a_dry_run_only_counts(store):
    done = prune(store, CUT_NS, dry_run=True, actor="ada")
    assert (done.traces, done.spans, done.kept) == (2, 4, 1)
    assert load_summary(store, f"{1:032x}").spans == 3
    assert days(store) == {}


def test_pruning_again_adds_nothing_and_what_comes_later_is_added(store):
    prune(store, CUT_NS, dry_run=False, actor="ada")
    before = days(store)
    assert prune(store, CUT_NS, dry_run=False, actor="ada").traces == 0
    assert days(store) == before
    late = {"llmops.prompt.ref": "a@1", "llmops.notebook": "n.ipynb"}
    store_spans(store, [call(9, trace=1, at_s=DAY_S, ms=100, attributes=late)])
    prune(store, CUT_NS, dry_run=False, actor="ada")
    merged = next(iter(days(store).values()))
    assert (merged["calls"], merged["cost_usd"]) == (3, "0.02")
    assert merged["latency_buckets"][str(bucket(100))] == 2


def test_many_traces_go_in_batches(store, monkeypatch):
    monkeypatch.setattr(retention, "_BATCH", 3)
    store_spans(store, [call(1, trace=100 + n, at_s=DAY_S, ms=10) for n in range(10)])
    assert prune(store, CUT_NS, dry_run=False, actor="ada").traces == 12


def test_it_is_audited(store):
    prune(store, CUT_NS, dry_run=False, actor="ada")
    with store.read() as connection:
        assert trail.verify(connection).problems == ()
        row = connection.exec_driver_sql("SELECT actor, action, body FROM audit_event").one()
    assert (row[0], row[1], json.loads(row[2])["traces"]) == ("ada", "trace.prune", 2)


def test_a_bucket_holds_latencies_to_a_tenth():
    for latency_ms in (0.5, 1, 99.9, 12_345):
        low = GROWTH ** bucket(latency_ms)
        assert low <= latency_ms * (1 + 1e-9) < low * GROWTH * (1 + 1e-9)
    assert bucket(0) == bucket(0.001)
    assert datetime.fromtimestamp(CUT_NS / 1e9, UTC).day == 11


def test_days_are_read_from_the_first_that_is_whole(store):
    prune(store, CUT_NS, dry_run=False, actor="ada")
    with store.read() as connection:
        read = [(day.day, day.number("calls")) for day in pruned_days(connection)]
        assert read == [("1970-01-02", 2), ("1970-01-03", 1)]
        since = DAY_S * 10**9
        assert [day.started_ns for day in pruned_days(connection, since + 1)] == [2 * since]
        assert len(list(pruned_days(connection, since))) == 2


def test_a_hold_and_the_time_that_traces_are_kept_stop_it(store):
    with store.write() as connection:
        hold(connection, "a@production", "a lawsuit", actor="ada")
    done = prune(store, CUT_NS, dry_run=False, actor="ada")
    assert (done.traces, done.held, done.kept) == (1, 1, 1)
    assert read_trace(store, f"{1:032x}")
    with store.write() as connection:
        unhold(connection, "a@production", "settled", actor="ada")
        hold(connection, "*", "another", actor="ada")
    assert prune(store, CUT_NS, dry_run=False, actor="ada").held == 1
    with store.write() as connection:
        unhold(connection, "*", "settled", actor="ada")
    ages = timedelta(days=365_000)
    done = prune(store, CUT_NS, dry_run=False, actor="ada", keep=ages)
    assert (done.traces, done.young) == (0, 1)
    assert prune(store, CUT_NS, dry_run=False, actor="ada").traces == 1
