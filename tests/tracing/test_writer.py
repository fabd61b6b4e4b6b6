from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
import warnings
from dataclasses import replace

import pytest

from llmops_magics.errors import StoreError
from llmops_magics.storage import store as storage
from llmops_magics.storage.store import Store
from llmops_magics.tracing import writer as writing
from llmops_magics.tracing.summary_table import load_summary
from llmops_magics.tracing.trace import Span
from llmops_magics.tracing.writer import SpanWriter, read_trace

SPAN = Span(
    trace_id="a" * 32, span_id="b" * 16, parent_id=None, name="chat m", started_ns=1,
    duration_ms=1.5, status="ok", attributes={"llmops.run.id": "r"},
)  # fmt: skip
AT_EXIT = """
import sys
from llmops_magics.storage.store import Store
from llmops_magics.tracing.trace import Span
from llmops_magics.tracing.writer import SpanWriter

writer = SpanWriter(lambda: Store.open(sys.argv[1]))
for i in range(1200):
    writer.put(Span(trace_id="a" * 32, span_id=f"{i:016x}", parent_id=None, name="chat",
                    started_ns=i, duration_ms=1.0, status="ok", attributes={}))
"""


def many(count):
    return [replace(SPAN, span_id=f"{i:016x}", started_ns=i) for i in range(count)]


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'llmops.db'}"


@pytest.fixture
def store(url):
    store = Store.open(url)
    yield store
    store.close()


@pytest.fixture
def make_writer():
    writers = []

    def make(open_store):
        writers.append(SpanWriter(open_store))
        return writers[-1]

    yield make
    for writer in writers:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            writer.close()


def wait_for(condition, seconds):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_span_is_in_the_store_within_a_second(store, make_writer):
    writer = make_writer(lambda: store)
    writer.put(SPAN)
    wait_for(lambda: read_trace(store, SPAN.trace_id), 1.0)
    assert read_trace(store, SPAN.trace_id) == (SPAN,)


def test_closing_writes_what_is_queued_and_a_closed_writer_may_go_on(store, make_writer):
    writer = make_writer(lambda: store)
    for span in many(1200):
        writer.put(span)
    writer.close()
    writer.close()
    assert [s.started_ns for s in read_trace(store, SPAN.trace_id)] == list(range(1200))
    writer.put(replace(SPAN, started_ns=1200))
    writer.close()
    assert len(read_trace(store, SPAN.trace_id)) == 1201
    assert writer.dropped == 0


def test_a_process_that_ends_writes_what_is_queued(url, store):
    subprocess.run([sys.executable, "-c", AT_EXIT, url], check=True, timeout=60)
    assert len(read_trace(store, SPAN.trace_id)) == 1200


def test_what_no_database_can_hold_costs_no_other_span(store, make_writer):
    writer = make_writer(lambda: store)
    odd = replace(SPAN, name="chat \ud800", attributes={"a": "\ud800", "b": float("nan")})
    writer.put(odd)
    writer.put(replace(SPAN, span_id="c" * 16))
    writer.close()
    first, _ = read_trace(store, SPAN.trace_id)
    assert (first.name, first.attributes) == ("chat \ufffd", {"a": "\ufffd", "b": None})


def flush(writer):
    """Put and flush twice; return the warnings that this gave."""
    writer._thread = "none: the test writes itself"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        writer.put(SPAN)
        writer.flush()
        writer.put(SPAN)
        writer.put(SPAN)
        writer.flush()
    writer._thread = None
    return [str(w.message) for w in caught if w.category is RuntimeWarning]


def test_a_locked_store_costs_spans_and_one_warning(url, store, make_writer, monkeypatch):
    monkeypatch.setattr(storage, "BUSY_TIMEOUT_MS", 50)
    impatient = Store.open(url)
    writer = make_writer(lambda: impatient)
    with sqlite3.connect(store.engine.url.database, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        (warning,) = flush(writer)
        other.execute("ROLLBACK")
    other.close()
    assert "locked by another process" in warning
    assert writer.dropped == 3
    writer.put(SPAN)
    writer.close()
    assert read_trace(store, SPAN.trace_id) == (SPAN,)
    impatient.close()


def test_a_store_opened_to_read_only_costs_spans_and_one_warning(store, make_writer):
    with store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA query_only = ON")
    writer = make_writer(lambda: store)
    (warning,) = flush(writer)
    assert "readonly" in warning
    assert writer.dropped == 3


def test_a_full_store_costs_spans_and_one_warning(store, make_writer):
    with store.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    writer = make_writer(lambda: store)
    writer._thread = "none: the test writes itself"
    for span in many(1_000):
        writer.put(replace(span, attributes={"a": "b" * 1_000}))
    with pytest.warns(RuntimeWarning, match="disk is full") as caught:
        writer.flush()
    writer._thread = None
    assert (writer.dropped, len(caught)) == (1_000, 1)


def test_a_store_that_is_gone_costs_spans_and_one_warning(tmp_path, make_writer):
    (tmp_path / "file").write_text("no folder")
    writer = make_writer(lambda: Store.open(f"sqlite:///{tmp_path / 'file' / 'llmops.db'}"))
    assert len(flush(writer)) == 1
    assert writer.dropped == 3


def test_tables_that_are_gone_cost_spans_and_one_warning(store, make_writer):
    with store.write() as connection:
        connection.exec_driver_sql("DROP TABLE span")
    writer = make_writer(lambda: store)
    (warning,) = flush(writer)
    assert "no such table" in warning


def test_a_full_queue_drops_and_counts(store, make_writer, monkeypatch):
    monkeypatch.setattr(writing, "MAX_QUEUED", 10)
    writer = make_writer(lambda: store)
    writer._thread = "none: nothing is written meanwhile"
    for span in many(10):
        writer.put(span)
    with pytest.warns(RuntimeWarning, match="the queue is full"):
        writer.put(SPAN)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # once is enough
        writer.put(SPAN)
    writer._thread = None
    assert writer.dropped == 2
    writer.flush()
    assert len(read_trace(store, SPAN.trace_id)) == 10


ODD = [
    {"attributes": {"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 2**80}},
    {"attributes": {"gen_ai.operation.name": "chat", "llmops.cost.usd": "1e-400"}},
    {"attributes": {"bytes": b"\xff", "object": object(), "broken": "\udcff"}},
    {"attributes": {"long": "a" * 10_000_000}},
    {"attributes": {"nested": json.loads("[" * 900 + "]" * 900)}},
    {"started_ns": 2**63 - 1, "duration_ms": 1e6},
]


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: next(iter(odd.get("attributes", odd))))
def test_odd_spans_are_stored_beside_the_others(store, make_writer, odd):
    writer = make_writer(lambda: store)
    writer.put(replace(SPAN, **odd))
    writer.put(replace(SPAN, span_id="c" * 16))
    writer.close()
    assert (writer.dropped, len(read_trace(store, SPAN.trace_id))) == (0, 2)
    assert len(str(load_summary(store, SPAN.trace_id))) < 2_000


@pytest.mark.parametrize("odd", [{"duration_ms": float("inf")}, {"started_ns": 2**70}])
def test_a_span_that_cannot_be_stored_costs_itself_and_the_thread_goes_on(store, make_writer, odd):
    writer = make_writer(lambda: store)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        writer.put(replace(SPAN, attributes={"said": "words of a caller"}, **odd))
        writer.put(replace(SPAN, span_id="c" * 16))
        wait_for(lambda: read_trace(store, SPAN.trace_id), 5.0)
    assert (writer.dropped, len(caught)) == (1, 1)
    assert "words of a caller" not in str(caught[0].message)
    writer.put(replace(SPAN, span_id="d" * 16))
    wait_for(lambda: len(read_trace(store, SPAN.trace_id)) == 2, 5.0)


def test_odd_spans_among_many_cost_themselves_and_are_handed_on_once(store):
    seen = []
    writer = SpanWriter(lambda: store, observers=[seen.extend])
    writer._thread = "none: the test writes itself"
    for span in many(99):
        is_odd = span.started_ns in (7, 70)
        writer.put(replace(span, duration_ms=float("inf")) if is_odd else span)
    with pytest.warns(RuntimeWarning, match="cannot store spans"):
        writer.flush()
    writer._thread = None
    assert (writer.dropped, len(read_trace(store, SPAN.trace_id)), len(seen)) == (2, 97, 99)


def test_an_observer_that_fails_costs_no_span(store):
    writer = SpanWriter(lambda: store, observers=[lambda _: 1 / 0])
    writer._thread = "none: the test writes itself"
    writer.put(SPAN)
    with pytest.warns(RuntimeWarning, match="cannot hand spans on"):
        writer.flush()
    writer._thread = None
    assert (writer.dropped, read_trace(store, SPAN.trace_id)) == (0, (SPAN,))


def test_calls_go_on_without_a_store(make_writer, tracing, client, serve):
    from llmops_magics.models.chat import ChatRequest

    def no_store():
        raise StoreError("gone")

    serve("Paris")
    tracing._sink = make_writer(no_store).put
    request = ChatRequest(model="openai/m", messages=({"role": "user", "content": "?"},))
    assert [client.chat_blocking(request).text for _ in range(3)] == ["Paris"] * 3
