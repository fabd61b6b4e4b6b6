"""Say of a request whether it was good, so that a guardrail may look at it.

What is said is a span of its own in the request's trace, with the attributes that OpenTelemetry's
conventions have for evaluations; other programs may send the same over OTLP. It carries the rollout
and arm of the request it is about.
"""

from __future__ import annotations

import re
import secrets
import time
from math import isfinite
from typing import Final

from llmops_magics.errors import UsageError
from llmops_magics.storage.store import Store
from llmops_magics.tracing import semconv
from llmops_magics.tracing.summary_table import store_spans
from llmops_magics.tracing.trace import Span
from llmops_magics.tracing.writer import read_trace

_NAME: Final = re.compile(r"[A-Za-z][\w./-]{0,79}", re.ASCII)
_RELEASE: Final = (
    semconv.RELEASE_ENVIRONMENT,
    semconv.RELEASE_ROLLOUT,
    semconv.RELEASE_ARM,
    semconv.RELEASE_BY,
)


def add_feedback(store: Store, trace_id: str, name: str, value: float) -> Span:
    """Store what was said of a trace, a number or True and False; return its span.

    Raises ``UsageError`` for a name or value that cannot be, and a trace that is not stored.
    """
    number = float(value)
    if not _NAME.fullmatch(name) or not isfinite(number):
        raise UsageError(f"Feedback is a name and a number, not {name[:80]!r} and {value!r}.")
    spans = read_trace(store, trace_id)
    if not spans:
        raise UsageError(
            f"There is no trace {trace_id[:64]!r}.", hint="An answer's trace_id names it."
        )
    about = next((s for s in spans if semconv.RELEASE_ROLLOUT in s.attributes), spans[0])
    said = Span(
        trace_id=trace_id,
        span_id=secrets.token_hex(8),
        parent_id=about.span_id,
        name=f"evaluation {name}",
        started_ns=time.time_ns(),
        duration_ms=0.0,
        status="ok",
        attributes={
            semconv.EVALUATION_NAME: name,
            semconv.EVALUATION_SCORE: number,
            **{key: about.attributes[key] for key in _RELEASE if key in about.attributes},
        },
    )
    store_spans(store, [said])
    return said
