from __future__ import annotations

import pytest
from sqlalchemy import delete, event, select, update
from trace_spans import call, span

from llmops_magics.storage.store import Store
from llmops_magics.storage.table import call_period
from llmops_magics.tracing import past
from llmops_magics.tracing.call import read_calls
from llmops_magics.tracing.past import LATEST_NS, keep_past, read_past, sum_calls
from llmops_magics.tracing.retention import prune
from llmops_magics.tracing.summary_table import store_spans

HOUR_S, DAY_S = 3600, 86_400
NOW_NS = (2 * DAY_S + 2 * HOUR_S + 60) * 10**9  # 1970-01-03, a minute past two


@pytest.fixture
def store(tmp_path):
    opened = Store.open(f"sqlite:///{tmp_path / 'llmops.db'}")
    store_spans(
        opened,
        [
            call(1, trace=1, at_s=5 * HOUR_S, ms=100),
            call(1, trace=2, at_s=5 * HOUR_S, ms=400, cost=None),
            call(1, trace=3, at_s=2 * DAY_S + 5, ms=100, model="b"),
            call(1, trace=4, at_s=2 * DAY_S + 2 * HOUR_S + 5, ms=100),  # the hour is not over
            span(1, trace=5, at_s=DAY_S),
        ],
    )
    yield opened
    opened.close()


def names(store):
    with store.read() as connection:
        return sorted(connection.execute(select(call_period.c.period)).scalars())


def read(store, start_ns=0):
    with store.read() as connection:
        return read_past(connection, start_ns, now_ns=NOW_NS)


def totals(store):
    """Calls and cost by model: of the sums and of what is read beside them."""
    found = read(store)
    sums = [*found.served()]
    with store.read() as connection:
        for stretch in found.rest:
            sums += sum_calls(read_calls(connection, *stretch))
    by = {}
    for day in sums:
        calls, cost = by.get(day.model, (0, 0.0))
        by[day.model] = calls + day.number("calls"), cost + float(day.money("cost_usd"))
    return by


def test_days_and_hours_that_are_over_are_kept(store):
    before = totals(store)
    assert (before, read(store).kept) == ({"openai/m": (3, 0.02), "b": (1, 0.01)}, ())
    keep_past(store, now_ns=NOW_NS)
    assert names(store) == ["1970-01-01", "1970-01-02", "1970-01-03T00"]
    assert totals(store) == before
    found = read(store)
    assert [(day.day, day.model, day.number("calls")) for day in found.served()] == [
        ("1970-01-01", "openai/m", 2), ("1970-01-03", "b", 1),
    ]  # fmt: skip
    assert found.rest == (((2 * DAY_S + HOUR_S) * 10**9, LATEST_NS),)


def test_of_a_day_that_is_cut_its_hours_are_kept(store):
    start_ns = (4 * HOUR_S + 1) * 10**9
    keep_past(store, start_ns, now_ns=NOW_NS)
    assert names(store)[0] == "1970-01-01T05"
    assert read(store, start_ns).rest[0] == (start_ns, 5 * HOUR_S * 10**9)
    assert sum(day.number("calls") for day in read(store, start_ns).served()) == 3


def test_a_span_that_comes_late_or_goes_is_counted(store):
    keep_past(store, now_ns=NOW_NS)
    store_spans(store, [call(2, trace=1, at_s=6 * HOUR_S, ms=1)])
    assert names(store) == ["1970-01-02", "1970-01-03T00"]
    assert totals(store)["openai/m"][0] == 4
    keep_past(store, now_ns=NOW_NS)
    assert prune(store, DAY_S * 10**9, dry_run=False, actor="ada").spans == 3
    assert totals(store) == {"openai/m": (1, 0.01), "b": (1, 0.01)}


def test_a_notebook_whose_name_comes_last_is_counted(store):
    keep_past(store, now_ns=NOW_NS)
    late = {"llmops.notebook": "n.ipynb"}  # in another hour than the call
    store_spans(store, [span(9, trace=1, at_s=3 * HOUR_S, **late)])
    keep_past(store, now_ns=NOW_NS)
    assert {(name, costs.calls) for name, costs in read(store).costs("notebook")} == {
        ("", 1), ("n.ipynb", 1),
    }  # fmt: skip


def test_sums_are_not_kept_where_spans_came_while_they_were_made(store, monkeypatch):
    made = past._sums

    def meanwhile(connection, period):
        sums = made(connection, period)
        if period.name == "1970-01-01":
            store_spans(store, [call(3, trace=1, at_s=HOUR_S, ms=1)])
        return sums

    monkeypatch.setattr(past, "_sums", meanwhile)
    keep_past(store, now_ns=NOW_NS)
    assert names(store) == ["1970-01-02", "1970-01-03T00"]
    assert totals(store)["openai/m"][0] == 4


def test_a_claim_that_another_took_over_keeps_nothing(store):
    keep_past(store, now_ns=NOW_NS)
    with store.write() as connection:
        connection.execute(update(call_period).values(body=None, claim="of a killed process"))
    assert (read(store).kept, totals(store)["b"]) == ((), (1, 0.01))
    keep_past(store, now_ns=NOW_NS)
    assert len(read(store).kept) == 3


def test_a_store_that_cannot_be_written_is_read_all_the_same(store):
    @event.listens_for(store.engine, "begin")
    def _refuse(connection):
        connection.exec_driver_sql("PRAGMA query_only = 1")

    before = totals(store)
    keep_past(store, now_ns=NOW_NS)
    assert (totals(store), read(store).kept) == (before, ())


def test_what_is_kept_may_be_thrown_away(store):
    keep_past(store, now_ns=NOW_NS)
    before = totals(store)
    with store.write() as connection:
        connection.execute(delete(call_period))
    assert totals(store) == before
