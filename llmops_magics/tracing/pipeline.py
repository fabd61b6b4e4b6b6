"""The tracer, and what becomes of a span when it ends.

A provider of our own, never the global one: an application that has OpenTelemetry set up keeps
its set-up, and nesting still works because the context is shared.
"""

from __future__ import annotations

# The provider takes hold of forks, and its hook starts a thread pool in the child. Hooks run in the
# order they were set: the pool's own, which frees its lock, must stand before, or every `!command`
# of a notebook hangs.
import concurrent.futures.thread  # noqa: F401
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from opentelemetry import context as otel_context
from opentelemetry import trace as otel
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.trace import SpanKind, Status, StatusCode

from llmops_magics.redaction import redact
from llmops_magics.tracing import semconv
from llmops_magics.tracing.scope import Scope
from llmops_magics.tracing.served import fitting, served_attributes
from llmops_magics.tracing.session import session_attributes
from llmops_magics.tracing.trace import CallTotals, Span, Trace

Annotate = Callable[[Mapping[str, Any]], Mapping[str, Any]]
Sink = Callable[[Span], None]
SCOPE_NAME = "llmops_magics"
MAX_ERROR_CHARS = 2_000


class _Opened(NamedTuple):
    """A cell under way."""

    scope: Scope
    root: otel.Span
    before: otel_context.Context


class Tracing:
    """Gives spans, and hands each one that ends to the sink and to the open cell scope.

    ``annotate`` may add attributes to a span before it is written (what a call cost). ``mask``
    makes of a span what may be shown under a cell.
    """

    def __init__(
        self,
        sink: Sink,
        annotate: Annotate = lambda _: {},
        mask: Callable[[Span], Span] = lambda span: span,
    ) -> None:
        self._sink = sink
        self._annotate = annotate
        self._mask = mask
        self._open: list[_Opened] = []  # the cell that runs last, below it those that run it
        self._closing = ""  # the trace whose root ends last: it is no stray of an outer cell
        self._collecting: dict[str, Scope] = {}  # by trace
        self.provider = TracerProvider(resource=Resource({"service.name": SCOPE_NAME}))
        self.provider.add_span_processor(_Processor(self))
        self.tracer = self.provider.get_tracer(SCOPE_NAME)

    @contextmanager
    def span(self, name: str, attributes: Mapping[str, Any] | None = None) -> Iterator[otel.Span]:
        """Open a span around a block; an exception marks it as failed and goes on."""
        span = self.start(name, attributes)
        with otel.use_span(
            span, end_on_exit=True, record_exception=False, set_status_on_exception=False
        ):
            try:
                yield span
            except GeneratorExit:
                raise
            except BaseException as error:
                fail(span, error)
                raise

    def start(
        self,
        name: str,
        attributes: Mapping[str, Any] | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
    ) -> otel.Span:
        """Begin a span, which is not made the current one and must be ended.

        In a thread that has no span of its own it stands under the open scope, if there is one.
        Under a span of another workspace it belongs to that one: no trace stands in two stores.
        """
        owner = tracing_of(otel.get_current_span())
        if owner is not None and owner is not self:
            return owner.start(name, attributes, kind)
        under = None
        opened = self._innermost
        if opened is not None and not otel.get_current_span().get_span_context().is_valid:
            under = otel.set_span_in_context(opened.root)
        return self.tracer.start_span(name, under, kind, attributes=dict(attributes or {}))

    @contextmanager
    def collect(self, name: str, attributes: Mapping[str, Any]) -> Iterator[Collected]:
        """Open a trace of its own around a block, which can look at what ended in it so far."""
        span = self.tracer.start_span(name, otel_context.Context(), attributes=dict(attributes))
        collected = Collected(name, span)
        self._collecting[collected.trace_id] = collected.scope
        try:
            with otel.use_span(span, end_on_exit=True):
                yield collected
        finally:
            self._collecting.pop(collected.trace_id, None)

    def open_scope(self, name: str, attributes: Mapping[str, Any]) -> None:
        """Begin a root span that everything until ``close_scope`` belongs to; scopes nest."""
        before = otel_context.get_current()
        root = self.tracer.start_span(name, otel_context.Context(), attributes=dict(attributes))
        scope = Scope(name, otel.format_trace_id(root.get_span_context().trace_id))
        for outer in self._open:
            outer.scope.disown(scope.trace_id)
        self._open.append(_Opened(scope, root, before))
        otel_context.attach(otel.set_span_in_context(root))

    def close_scope(
        self, name: str = "", attributes: Mapping[str, Any] | None = None
    ) -> Trace | None:
        """End the innermost root span; return the trace if a model was called under it.

        A root with nothing under it is not written. ``name`` and ``attributes`` are what is known
        of it only at the end.
        """
        if not self._open:
            return None
        scope, root, before = self._open.pop()
        # Not detach(token): a kernel closes the cell in another context than it opened it in.
        otel_context.attach(before)
        if not scope.has_spans:
            return None  # the root is never ended, and so never written
        if name:
            root.update_name(name)
            scope.name = name
        root.set_attributes(dict(attributes or {}))
        self._closing = scope.trace_id
        root.end()
        if not scope.called_a_model:
            return None
        trace = scope.finish(_convert(root))
        return replace(trace, spans=tuple(self._mask(span) for span in trace.spans))

    def end(self, span: ReadableSpan) -> None:
        """Hand on a finished span."""
        finished = _convert(span, self._extra)
        self._sink(finished)
        collecting = self._collecting.get(finished.trace_id)
        if collecting is not None:
            collecting.add(finished)
        scope = self._scope_of(span, finished.trace_id)
        if scope is not None:
            scope.add(finished)

    def begun(self, span: otel.Span, parent: otel_context.Context | None) -> None:
        """Put session and release on a span; one that begins a trace is the open scope's."""
        _OWNERS[span] = self
        session = session_attributes()
        if session:
            span.set_attributes(session)
        served = served_attributes()
        if served:
            span.set_attributes(dict(fitting(served, span)))
        opened = self._innermost
        if opened is None:
            return
        trace_id = otel.format_trace_id(span.get_span_context().trace_id)
        if not otel.get_current_span(parent).get_span_context().is_valid:
            opened.scope.adopt(trace_id)
        for each in self._open[:]:
            each.scope.begin(trace_id)

    @property
    def _innermost(self) -> _Opened | None:
        opened = self._open[-1:]  # at once: another thread may close it
        return opened[0] if opened else None

    def _scope_of(self, span: ReadableSpan, trace_id: str) -> Scope | None:
        """Return the scope that a finished span belongs to; a stray root goes to the innermost."""
        opened = self._open[::-1]
        owner = next((each.scope for each in opened if each.scope.owns(trace_id)), None)
        is_stray = span.parent is None and trace_id != self._closing
        return owner or (opened[0].scope if opened and is_stray else None)

    def _extra(self, attributes: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            return {**_missing(attributes), **self._annotate(attributes)}
        except Exception as error:  # noqa: BLE001 -- a price that cannot be had breaks no call
            warnings.warn(f"a span was not annotated: {error!r}", RuntimeWarning, stacklevel=2)
            return {}


_OWNERS: WeakKeyDictionary[otel.Span, Tracing] = WeakKeyDictionary()


def tracing_of(span: otel.Span) -> Tracing | None:
    """Return the tracing that a span was begun by, None where it was none of ours."""
    return _OWNERS.get(span)


class Collected:
    """A trace that is still open."""

    def __init__(self, name: str, root: otel.Span) -> None:
        self._root = root
        self.trace_id = otel.format_trace_id(root.get_span_context().trace_id)
        self.scope = Scope(name, self.trace_id)

    @property
    def totals(self) -> CallTotals:
        """What the model calls add up to so far."""
        return self.scope.totals

    def trace(self) -> Trace:
        """Return what is there so far; the root lasts until now."""
        root = _convert(self._root)
        wall_ms = max(0.0, (time.time_ns() - root.started_ns) / 1e6)
        return self.scope.finish(replace(root, duration_ms=wall_ms))


class _Processor(SpanProcessor):
    def __init__(self, tracing: Tracing) -> None:
        self._tracing = tracing

    def on_start(self, span: otel.Span, parent_context: otel_context.Context | None = None) -> None:
        self._tracing.begun(span, parent_context)

    def on_end(self, span: ReadableSpan) -> None:
        self._tracing.end(span)


def fail(span: otel.Span, error: BaseException) -> None:
    """Mark a span as failed, with the error's type and its words, masked."""
    span.set_attribute(semconv.ERROR_TYPE, type(error).__name__)
    span.set_status(Status(StatusCode.ERROR, redact(str(error)[:MAX_ERROR_CHARS])))


def _missing(attributes: Mapping[str, Any]) -> Mapping[str, Any]:
    """Flag a stream that told no token counts: what it cost cannot be known."""
    if attributes.get(semconv.STREAM) and semconv.INPUT_TOKENS not in attributes:
        return {semconv.USAGE_MISSING: True}
    return {}


def _convert(span: Any, annotate: Annotate = lambda _: {}) -> Span:
    context, parent = span.get_span_context(), span.parent
    started, ended = span.start_time or 0, span.end_time or 0
    failed = span.status.status_code is StatusCode.ERROR
    attributes = dict(span.attributes or {})
    extra = annotate(attributes)
    if failed and span.status.description:
        attributes[semconv.ERROR_MESSAGE] = span.status.description
    attributes.update(extra)
    return Span(
        trace_id=otel.format_trace_id(context.trace_id),
        span_id=otel.format_span_id(context.span_id),
        parent_id=otel.format_span_id(parent.span_id) if parent else None,
        name=span.name,
        started_ns=started,
        duration_ms=max(0, ended - started) / 1e6,  # a clock may be set back meanwhile
        status="error" if failed else "ok",
        attributes=attributes,
    )
