from __future__ import annotations

import pytest
from trace_spans import call, span

from llmops_magics.errors import UsageError
from llmops_magics.storage.store import Store
from llmops_magics.tracing.search import TraceSearch, search
from llmops_magics.tracing.summary_table import store_spans

NASTY = "a'; DROP TABLE trace; --"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    store = Store.open(f"sqlite:///{tmp_path_factory.mktemp('store') / 'llmops.db'}")
    store_spans(
        store,
        [
            call(1, trace=1, ms=3000, attributes={"llmops.prompt.ref": "a/b@7"}),
            call(1, trace=2, ms=100, model="openai/100%_x", cost="0.5"),
            call(1, trace=3, ms=2500, status="error", attributes={"error.type": "Timeout"}),
            span(1, trace=4, ms=10, name=NASTY, **{"user.id": 'é "q"', "llmops.notebook": "n"}),
        ],
    )
    yield store
    store.close()


def found(store, where):
    return sorted(int(t.trace_id, 16) for t in search(store, TraceSearch(where=where)).traces)


@pytest.mark.parametrize(
    ("where", "traces"),
    [
        ("latency_ms > 2000", [1, 3]),
        ("latency_ms > 2000 and model = openai/m and status = ok", [1]),
        ("LATENCY_MS>=2500 AND NOT status=error", [1]),
        ("cost_usd >= $0.5 or failure = timeout", [2, 3]),
        ("(cost_usd > 0.1 or latency_ms < 50) and calls = 0", [4]),
        ("not (cost_usd > 0.1 or latency_ms < 50)", [1, 3]),
        ("prompt = a/b", [1]),
        ("prompt = a/b@7", [1]),
        ("prompt = a", []),
        ("prompt != a/b", [2, 3, 4]),
        ("model = openai/100%_x", [2]),
        ("model ~ %", [2]),
        ("model ~ OPENAI", [1, 2, 3]),
        ("tokens = 120", [1, 2, 3]),
        ('user = "é \\"q\\""', None),
        ("user ~ é", [4]),
        (f'name = "{NASTY}"', [4]),
        ("name ~ 'drop table'", [4]),
        ("notebook = n", [4]),
        ("started < 1h", [1, 2, 3, 4]),
        ("started > 2020-01-01", []),
    ],
)
def test_conditions_find_what_they_say(store, where, traces):
    if traces is None:
        with pytest.raises(UsageError):
            found(store, where)
    else:
        assert found(store, where) == traces


@pytest.mark.parametrize(
    "where",
    [
        "latency_ms", "latency_ms >", "> 3", "latency_ms > x", "unknown = 3", "name > 3",
        "latency_ms ~ 3", "(latency_ms > 3", "latency_ms > 3)", "latency_ms > 3 status = ok",
        "1 = 1", "name = 'a", "(" * 60 + "calls = 1" + ")" * 60, "calls = 1 and", "a" * 3000,
        "started > soon", "not", "calls = 1; drop",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_in_words(store, where):
    with pytest.raises(UsageError):
        found(store, where)


def test_whatever_is_written_it_stays_a_value(store):
    for nasty in ("' OR '1'='1", "x') OR 1=1 --", "\x00", "\\", "%", "_", ";", "\ud800"):
        for form in (nasty, f'name = "{nasty}"', f"model = {nasty}", f"{nasty} = 1"):
            try:
                found(store, form)
            except UsageError:
                continue
    assert found(store, "calls >= 0") == [1, 2, 3, 4]
