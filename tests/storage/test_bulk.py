from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from llmops_magics.storage.bulk import BulkInsert
from llmops_magics.storage.table import span
from llmops_magics.tracing.summary_table import load_summary, store_spans
from llmops_magics.tracing.trace import Span
from llmops_magics.tracing.writer import read_trace

SPAN = Span(
    trace_id="a" * 32, span_id="b" * 16, parent_id=None, name="100 % of 'it' :x %(y)s ?",
    started_ns=1_760_000_000_000_000_000, duration_ms=1.5, status="error",
    attributes={"text": 'é "quoted" 你好 \U0001f600 100%', "none": None, "list": [1, 2.5, True]},
)  # fmt: skip


@pytest.fixture(
    params=["store", pytest.param("postgresql_store", marks=pytest.mark.xdist_group("postgresql"))]
)
def any_store(request):
    return request.getfixturevalue(request.param)


def test_rows_come_back_as_they_went_and_known_ones_change_nothing(any_store):
    spans = [replace(SPAN, span_id=f"{i:016x}", started_ns=i) for i in range(1_200)]
    assert store_spans(any_store, spans[:700]) == 700
    assert store_spans(any_store, spans) == 500
    assert store_spans(any_store, spans) == 0
    assert list(read_trace(any_store, SPAN.trace_id)) == spans
    summary = load_summary(any_store, SPAN.trace_id)
    assert (summary.spans, summary.name) == (1_200, SPAN.name)
    assert summary.failures == {"other_error": 1_200}


def test_nothing_is_done_for_no_rows_and_what_is_there_raises(any_store):
    bulk = BulkInsert(lambda _: insert(span))
    row = {**vars(SPAN), "attributes": "{}"}
    with any_store.write() as connection:
        bulk.run(connection, [])
        bulk.run(connection, [row])
    with pytest.raises(IntegrityError), any_store.write() as connection:
        bulk.run(connection, [row])
