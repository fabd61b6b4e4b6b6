"""Calls and monitors on a real PostgreSQL server: the same numbers as on SQLite."""

from __future__ import annotations

import uuid
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import DBAPIError

from llmops_magics.monitoring.aggregate import aggregate
from llmops_magics.monitoring.check import observe
from llmops_magics.monitoring.registry import MonitorRegistry
from llmops_magics.monitoring.rule import parse_rule
from llmops_magics.monitoring.window import last
from llmops_magics.storage.store import Store
from llmops_magics.tracing.trace import Span
from llmops_magics.tracing.writer import SpanWriter

pytestmark = pytest.mark.xdist_group("postgresql")  # one server

NOW_NS = 1_900_000_000 * 10**9
ROOT = Span(
    trace_id="a" * 32, span_id="1" * 16, parent_id=None, name="cell 1", started_ns=NOW_NS - 10**9,
    duration_ms=250.0, status="ok", attributes={"llmops.notebook": "nb.ipynb"},
)  # fmt: skip
ATTRIBUTES = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "a",
    "llmops.prompt.ref": "p@1",
    "llmops.cost.usd": "0.25",
    "gen_ai.usage.input_tokens": 10,
    "gen_ai.response.finish_reasons": ["length"],
    "gen_ai.response.time_to_first_chunk": 0.125,
}


@pytest.fixture
def store(tmp_path, postgresql):
    server = create_engine(postgresql, isolation_level="AUTOCOMMIT")
    name = f"test_{uuid.uuid4().hex}"
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    address = make_url(postgresql).set(database=name).render_as_string(hide_password=False)
    store = Store.open(address, str(tmp_path))
    yield store
    store.close()
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


@pytest.fixture
def filled(store):
    """A call that was cut off, one from the cache, and a refusal, in one cell."""
    writer = SpanWriter(lambda: store)
    call = replace(ROOT, parent_id=ROOT.span_id, span_id="2" * 16, attributes=ATTRIBUTES)
    hit = {**ATTRIBUTES, "llmops.cache.hit": True, "gen_ai.response.finish_reasons": ["stop"]}
    refused = {**hit, "llmops.cache.hit": False, "gen_ai.output.messages": '[{"type": "refusal"}]'}
    spans = (
        ROOT,
        call,
        replace(call, span_id="3" * 16, attributes=hit),
        replace(call, span_id="4" * 16, attributes=refused),
    )
    for span in spans:
        writer.put(span)
    writer.close()
    return store


def test_calls_are_added_up(filled):
    total = aggregate(filled, last(3600, now_ns=NOW_NS)).total
    assert (total.calls, total.cache_hits, total.timed_calls) == (3, 1, 2)
    assert (total.cost_usd, total.input_tokens, total.p50_ms) == (Decimal("0.75"), 30, 250)
    assert total.first_token_p50_ms == 125
    assert total.failures == {"truncated": 1, "refusal": 1}
    by_notebook = aggregate(filled, last(3600, now_ns=NOW_NS), by="notebook")
    assert [group.key for group in by_notebook.groups] == ["nb.ipynb"]


def test_a_monitor_and_its_states(filled):
    registry = MonitorRegistry(filled, actor=lambda: "ada")
    registry.add("busy", parse_rule("calls[model=openai/a] > 2 over 1h"), 20)
    monitors = registry.list()
    seen = observe(filled, monitors, now_ns=NOW_NS)
    (change,) = registry.record(tuple(zip(monitors, seen, strict=True)))
    assert (change.state, registry.get("busy").state) == ("alert", "alert")
    assert registry.changes(registry.get("busy"), 5) == ((change,), 1)
    for statement in ("UPDATE monitor SET rule = 'x'", "DELETE FROM monitor_state"):
        with pytest.raises(DBAPIError, match="append-only"), filled.write() as connection:
            connection.execute(text(statement))
