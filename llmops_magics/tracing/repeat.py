"""Which spans only failed because one under them did: such a failure is counted once.

An error that passes through nested spans marks each of them as failed. All but the deepest are
given ``llmops.error.repeated``; one that fails in another way than what is under it is not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from llmops_magics.tracing import semconv
from llmops_magics.tracing.failure import failure_of
from llmops_magics.tracing.trace import Span

MAX_PARENTS = 10_000


class Repeats:
    """Marks spans, which come as they end: those under a span before it.

    Marking the same spans again gives the same.
    """

    def __init__(self) -> None:
        self._below: dict[tuple[str, str], frozenset[str]] = {}  # ways to fail, by parent

    def mark(self, spans: Iterable[Span]) -> list[Span]:
        """Return the spans, with the attribute where it belongs."""
        return [span if _is_well(span) else self._marked(span) for span in spans]

    def _marked(self, span: Span) -> Span:
        failure = failure_of(span.status, span.attributes)
        if failure is None:
            return span
        below = self._below.get((span.trace_id, span.span_id), frozenset())
        if span.parent_id is not None:
            self._note((span.trace_id, span.parent_id), below | {failure})
        if failure not in below:
            return span
        return replace(span, attributes={**span.attributes, semconv.REPEATED: True})

    def _note(self, parent: tuple[str, str], failures: frozenset[str]) -> None:
        self._below[parent] = self._below.get(parent, frozenset()) | failures
        if len(self._below) > MAX_PARENTS:
            del self._below[next(iter(self._below))]


def by_end(spans: Iterable[Span]) -> list[Span]:
    """Return spans as they ended, the inner one of two first."""
    return sorted(spans, key=lambda s: (s.started_ns + s.duration_ms * 1e6, -s.started_ns))


def _is_well(span: Span) -> bool:
    """Tell whether a look suffices: most spans have not failed."""
    return span.status != "error" and span.attributes.get(semconv.FINISH_REASONS) in _WELL


_WELL = (None, ["stop"], ("stop",))
