from __future__ import annotations

import time
from decimal import Decimal

import pytest
from sqlalchemy import insert

from llmops_magics.cost import running
from llmops_magics.cost.running import RunningTotals
from llmops_magics.errors import StoreError
from llmops_magics.storage.table import trace

NOW = time.time_ns()


@pytest.fixture
def stored(store):
    """``stored(notebook, cost)`` stores a trace of this moment."""

    def put(notebook, cost, started_ns=NOW):
        texts = dict.fromkeys(("models", "prompts", "runs", "sessions", "users", "failures"), "[]")
        counts = ("span_count", "call_count", "error_count", "unpriced_calls", "cached_calls")
        with store.write() as connection:
            connection.execute(
                insert(trace).values(
                    trace_id=f"{notebook}{cost}", name="cell", started_ns=started_ns,
                    ended_ns=started_ns, latency_ms=1.0, status="ok", input_tokens=1,
                    output_tokens=1, cost_usd=cost, notebook=notebook, **texts,
                    **dict.fromkeys(counts, 1),
                )
            )  # fmt: skip

    return put


def test_a_cell_is_added_to_what_is_stored_of_today(store, stored):
    stored("a.ipynb", "0.10")
    stored("b.ipynb", "0.20")
    stored("a.ipynb", "5", NOW - 2 * 86_400 * 10**9)
    totals = RunningTotals(lambda: store)
    assert totals.add("a.ipynb", Decimal("0.01"), NOW + 1) == (Decimal("0.11"), Decimal("0.31"))
    stored("b.ipynb", "1")  # not asked again within the minute
    assert totals.add("a.ipynb", Decimal("0.01"), NOW + 2) == (Decimal("0.12"), Decimal("0.32"))


def test_the_cell_itself_is_not_counted_twice(store, stored, monkeypatch):
    monkeypatch.setattr(running, "REFRESH_S", 0.0)
    totals = RunningTotals(lambda: store)
    stored("a.ipynb", "0.10")  # the writer was quicker than the cell's end
    assert totals.add("a.ipynb", Decimal("0.10"), NOW).workspace_usd == Decimal("0.10")
    assert totals.add("a.ipynb", Decimal("0.02"), NOW + 1).workspace_usd == Decimal("0.12")


def test_a_store_that_does_not_answer_costs_no_line():
    def broken():
        raise StoreError("gone.")

    assert RunningTotals(broken).add("a", Decimal(1), NOW) is None
