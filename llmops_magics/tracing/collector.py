"""The same spans, masked, to any OpenTelemetry collector: set ``OTEL_EXPORTER_OTLP_ENDPOINT``.

The SDK's own batch exporter sends them from a thread of its own. An endpoint that hangs costs
spans: no call waits for it, and the end of the process waits two seconds at most.
"""

from __future__ import annotations

import atexit
import os
import threading
import warnings
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import (
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
)

from llmops_magics.tracing import semconv
from llmops_magics.tracing.trace import Span

VARIABLES = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
SHUTDOWN_S = 2.0
_SCOPE = InstrumentationScope("llmops_magics")
Observer = Callable[[Sequence[Span]], None]


def collectors() -> tuple[Observer, ...]:
    """Return what sends spans to the endpoint of the environment; nothing where none is set."""
    if not any(os.environ.get(variable) for variable in VARIABLES):
        return ()
    try:
        exporter = import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    except ImportError:
        warnings.warn(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, but spans are not sent: "
            "pip install 'llmops-magics[otlp]'.",
            RuntimeWarning,
            stacklevel=2,
        )
        return ()
    return (Collector(exporter.OTLPSpanExporter()).send,)


class Collector:
    """Hands spans to an exporter of the SDK, in batches, from a thread of its own."""

    def __init__(self, exporter: Any) -> None:
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        self._processor = BatchSpanProcessor(exporter, max_queue_size=20_000)
        self._resource = Resource.create({"service.name": _service()})
        atexit.register(self.close)

    def send(self, spans: Sequence[Span]) -> None:
        """Queue spans; the oldest of those that wait give way when there are too many."""
        for span in spans:
            self._processor.on_end(readable(span, self._resource))

    def close(self) -> None:
        """Send what waits, for as long as ``SHUTDOWN_S``."""
        atexit.unregister(self.close)
        ending = threading.Thread(target=self._processor.shutdown, daemon=True)
        ending.start()
        ending.join(SHUTDOWN_S)


def readable(span: Span, resource: Resource) -> ReadableSpan:
    """Return a span in the SDK's own form."""
    failed = span.status == "error"
    message = span.attributes.get(semconv.ERROR_MESSAGE)
    is_call = span.attributes.get(semconv.OPERATION) in semconv.MODEL_OPERATIONS
    return ReadableSpan(
        name=span.name,
        context=_context(span.trace_id, span.span_id),
        parent=_context(span.trace_id, span.parent_id) if span.parent_id else None,
        resource=resource,
        attributes={k: _plain(v) for k, v in span.attributes.items() if v is not None},
        kind=SpanKind.CLIENT if is_call else SpanKind.INTERNAL,
        instrumentation_scope=_SCOPE,
        status=Status(StatusCode.ERROR, str(message or "")) if failed else Status(),
        start_time=span.started_ns,
        end_time=span.started_ns + round(span.duration_ms * 1e6),
    )


def _context(trace_id: str, span_id: str) -> SpanContext:
    sampled = TraceFlags(TraceFlags.SAMPLED)
    return SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=False, trace_flags=sampled)


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [each if isinstance(each, str) else str(each) for each in value]
    return value if isinstance(value, bool | int | float | str) else str(value)


def _service() -> str:
    return os.environ.get("OTEL_SERVICE_NAME") or "llmops_magics"
