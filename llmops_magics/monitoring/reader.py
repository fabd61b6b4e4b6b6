"""The model calls of a window, and where the store begins."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import func, select

from llmops_magics.monitoring.window import Window
from llmops_magics.storage.store import Store
from llmops_magics.storage.table import span
from llmops_magics.tracing.call import Call, read_calls


def calls(store: Store, window: Window, *, with_notebook: bool = False) -> Iterator[list[Call]]:
    """Yield the calls that began in a window, in batches, in no order."""
    with store.read() as connection:
        yield from read_calls(
            connection, window.start_ns, window.end_ns, with_notebook=with_notebook
        )


def first_start_ns(store: Store) -> int | None:
    """Return when the oldest stored span began, None where there is none."""
    with store.read() as connection:
        return connection.execute(select(func.min(span.c.started_ns))).scalar()
