"""A stored trace as the record it was."""

from __future__ import annotations

from llmops_magics.storage.store import Store
from llmops_magics.tracing.scope import Scope
from llmops_magics.tracing.trace import Trace
from llmops_magics.tracing.writer import read_trace


def load_trace(store: Store, trace_id: str) -> Trace | None:
    """Return the trace with its spans by start, None where none of it is stored.

    Its root is the span without a parent, or the first one while that is not written yet.
    """
    spans = read_trace(store, trace_id) if trace_id else ()
    if not spans:
        return None
    root = next((span for span in spans if span.parent_id is None), spans[0])
    scope = Scope(root.name, trace_id)
    for span in spans:
        scope.add(span)
    return scope.finish(root)
