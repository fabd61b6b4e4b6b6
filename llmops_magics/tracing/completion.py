"""What the instrumentation of ``openai`` is given: where spans go, and what becomes of messages.

Messages come by its completion hook, not by the environment variable that would switch them on for
every provider of the process. They are masked here, before they reach a span; where the workspace
keeps none they are dropped here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from functools import lru_cache
from typing import Any
from weakref import WeakSet

from opentelemetry import trace as otel
from opentelemetry.util.genai.completion_hook import CompletionHook

from llmops_magics.record import digest_bytes
from llmops_magics.redaction import redact
from llmops_magics.tracing import semconv
from llmops_magics.tracing.content import MaskedText, masked
from llmops_magics.tracing.pipeline import Tracing, tracing_of

MAX_MESSAGES = 1_000
_MAX_DEPTH = 12
_SHORT_CHARS = 100


class Completions(otel.Tracer, otel.TracerProvider, CompletionHook):
    """The provider, tracer and hook of one instrumentation.

    ``find`` gives the tracing of now, and whether it keeps messages.
    """

    def __init__(self, find: Callable[[], tuple[Tracing, bool]]) -> None:
        self._find = find
        self._with_messages: WeakSet[otel.Span] = WeakSet()

    def get_tracer(self, *_: Any, **__: Any) -> otel.Tracer:
        """Return itself: there is one instrumentation."""
        return self

    def start_span(self, name: str, *args: Any, **kwargs: Any) -> otel.Span:
        """Begin a span of the tracing of now."""
        tracing, keeps_messages = self._find()
        tracing = tracing_of(otel.get_current_span()) or tracing
        span = tracing.tracer.start_span(name, *args, **kwargs)
        if keeps_messages:
            self._with_messages.add(span)
        return span

    def start_as_current_span(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """Begin a span of the tracing of now around a block."""
        tracing, _ = self._find()
        return tracing.tracer.start_as_current_span(name, *args, **kwargs)

    def on_completion(self, *, span: otel.Span | None = None, **content: Any) -> None:
        """Put the messages of a finished call on its span, if they are kept."""
        if span is None or span not in self._with_messages:
            return
        for name, key in _ATTRIBUTES.items():
            if content.get(key):
                span.set_attribute(name, _attribute(content[key]))


_ATTRIBUTES: Mapping[str, str] = {
    semconv.INPUT_MESSAGES: "inputs",
    semconv.OUTPUT_MESSAGES: "outputs",
    semconv.SYSTEM_INSTRUCTIONS: "system_instruction",
    semconv.TOOL_DEFINITIONS: "tool_definitions",
}


def _attribute(items: Iterable[Any]) -> MaskedText:
    kept = list(items)[:MAX_MESSAGES]
    return MaskedText(json.dumps([_plain(asdict(item)) for item in kept]))


def _plain(value: Any, depth: int = 0) -> Any:
    """Return what JSON can hold, every text masked and cut; of a file its size and digest."""
    if isinstance(value, str):
        return _known(str(value)) if len(value) <= _SHORT_CHARS else masked(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, bytes | bytearray):
        return {"bytes": len(value), "digest": digest_bytes(bytes(value))}
    if depth < _MAX_DEPTH and isinstance(value, Mapping):
        return {_plain(str(k)): _plain(v, depth + 1) for k, v in value.items() if v is not None}
    if depth < _MAX_DEPTH and isinstance(value, list | tuple):
        return [_plain(each, depth + 1) for each in value[:MAX_MESSAGES]]
    return f"<{type(value).__name__}>"


@lru_cache(maxsize=1_000)  # roles and types are few and come again and again
def _known(text: str) -> str:
    return redact(text)
