from __future__ import annotations

import json

import pytest
from trace_spans import call, span

from llmops_magics.errors import UsageError
from llmops_magics.storage.store import Store
from llmops_magics.tracing import search as searching
from llmops_magics.tracing.search import TraceSearch, search
from llmops_magics.tracing.summary_table import store_spans


def said(text):
    return {"gen_ai.input.messages": json.dumps([{"role": "user", "parts": [{"content": text}]}])}


@pytest.fixture
def store(tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 'llmops.db'}")
    store_spans(
        store,
        [
            call(1, trace=1, at_s=1, ms=900, attributes=said("When do refunds come?")),
            call(1, trace=2, at_s=2, ms=100, attributes=said('Straße "Café" 50%')),
            call(1, trace=3, at_s=3, ms=500, status="error", attributes={"error.type": "Timeout"}),
            span(1, trace=4, at_s=4, ms=10, name="refunds", **{"llmops.run.id": "run-1"}),
        ],
    )
    yield store
    store.close()


def found(store, **asked):
    return [int(t.trace_id, 16) for t in search(store, TraceSearch(**asked)).traces]


def test_the_newest_come_first_and_the_limit_says_that_there_are_more(store):
    listed = search(store, TraceSearch(limit=2))
    assert ([int(t.trace_id, 16) for t in listed.traces], listed.more) == ([4, 3], True)
    assert search(store, TraceSearch(limit=4)).more is False


def test_filters_and_orders(store):
    assert found(store, slow=True) == [1, 3, 2, 4]
    assert found(store, errors=True) == [3]
    assert found(store, run="run-1") == [4]
    assert found(store, failure="timeout", model="openai/m") == [3]
    assert found(store, since="1970-01-01T00:00:02", until="1970-01-01T00:00:04") == [3, 2]


@pytest.mark.parametrize(
    ("text", "traces"),
    [
        ("refunds", [4, 1]), ("REFUNDS come", [1]), ("straße café", [2]), ('"Café"', [2]),
        ("50%", [2]), ("100%", []), ("strasse", []), ("timeout", [3]),
    ],
)  # fmt: skip
def test_words_are_found_in_names_messages_and_attributes(store, text, traces):
    assert found(store, text=text) == traces


def test_words_and_conditions_must_both_hold(store):
    assert found(store, text="refunds", where="calls = 1") == [1]
    assert found(store, text="refunds", slow=True) == [1, 4]


def test_a_search_that_runs_out_of_time_says_how_far_it_came(store, monkeypatch):
    monkeypatch.setattr(searching, "TEXT_SECONDS", 0)
    monkeypatch.setattr(searching, "_PAGE", 2)
    listed = search(store, TraceSearch(text="refunds"))
    assert ([int(t.trace_id, 16) for t in listed.traces], listed.searched_since_ns) == (
        [4],
        3 * 10**9,
    )
    monkeypatch.setattr(searching, "TEXT_SECONDS", 60)
    assert found(store, text="refunds") == [4, 1]


def test_what_was_asked_is_told_and_failures_are_counted(store):
    listed = search(store, TraceSearch(errors=True, model="openai/m", text="timeout"))
    assert listed.asked == "errors, model openai/m, “timeout”"
    assert listed.failures == {"timeout": 1}


def test_a_limit_that_is_none_is_refused(store):
    with pytest.raises(UsageError, match="--limit"):
        found(store, limit=0)
