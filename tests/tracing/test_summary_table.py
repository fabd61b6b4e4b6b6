from __future__ import annotations

import random
import threading
from decimal import Decimal

import pytest
from trace_spans import call, span

from llmops_magics.storage.store import Store
from llmops_magics.tracing.summary_table import load_summary, store_spans
from llmops_magics.tracing.writer import read_trace

TRACE = (
    span(1, name="cell 3", ms=5000, **{"llmops.notebook": "n.ipynb", "llmops.cell.number": 3}),
    call(2, parent=1, at_s=1, ms=1000, attributes={"llmops.prompt.ref": "a@1"}),
    call(3, parent=1, at_s=2, ms=500, model="openai/x", cost=None),
    call(4, parent=1, at_s=2.5, status="error", cost=None, attributes={"error.type": "Timeout"}),
    call(5, parent=1, at_s=3, attributes={"gen_ai.response.finish_reasons": ["length"]}),
    span(6, parent=1, at_s=4, **{"session.id": "s", "user.id": "u", "llmops.run.id": "run-1"}),
)
ID = TRACE[0].trace_id


@pytest.fixture
def store(tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 'llmops.db'}")
    yield store
    store.close()


def test_the_row_of_a_trace_adds_its_spans_up(store):
    assert store_spans(store, TRACE) == 6
    row = load_summary(store, ID)
    assert (row.name, row.root_id, row.cell, row.notebook) == ("cell 3", f"{1:016x}", 3, "n.ipynb")
    assert (row.started_ns, row.ended_ns, row.latency_ms) == (0, 5 * 10**9, 5000.0)
    assert (row.spans, row.calls, row.errors, row.status) == (6, 4, 1, "error")
    assert (row.input_tokens, row.output_tokens) == (400, 80)
    assert (row.cost_usd, row.unpriced_calls) == (Decimal("0.02"), 1)
    assert (row.models, row.prompts) == (("openai/m", "openai/x"), ("a@1",))
    assert (row.runs, row.sessions, row.users) == (("run-1",), ("s",), ("u",))
    assert row.failures == {"timeout": 1, "truncated": 1}


def test_batches_in_any_order_and_again_make_the_same_row(store):
    expected = None
    for seed in range(5):
        spans = [span.__class__(**{**vars(span), "trace_id": f"{seed:032x}"}) for span in TRACE]
        random.Random(seed).shuffle(spans)
        store_spans(store, spans[:2])
        store_spans(store, [*spans[2:4], *spans[:3]])
        assert store_spans(store, spans) == 2
        assert store_spans(store, spans) == 0
        row = vars(load_summary(store, f"{seed:032x}")) | {"trace_id": ""}
        row["models"] = sorted(row["models"])
        expected = expected or row
        assert row == expected
        assert len(read_trace(store, f"{seed:032x}")) == 6


def test_a_trace_whose_root_never_ends_is_there_all_the_same(store):
    store_spans(store, TRACE[1:3])
    row = load_summary(store, ID)
    assert (row.root_id, row.name, row.spans) == (None, "span 2", 2)
    store_spans(store, TRACE[:1])
    assert load_summary(store, ID).name == "cell 3"


def test_writers_at_the_same_time_lose_nothing(store):
    def write(first):
        for number in range(first, first + 40):
            store_spans(store, [call(number), call(1000)])

    threads = [threading.Thread(target=write, args=(i * 100,)) for i in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    row = load_summary(store, ID)
    assert (row.spans, row.calls, row.cost_usd) == (161, 161, Decimal("1.61"))


def test_the_values_of_a_trace_are_bounded(store):
    store_spans(store, [call(n, model=f"openai/{n}") for n in range(80)])
    assert len(load_summary(store, ID).models) == 50
