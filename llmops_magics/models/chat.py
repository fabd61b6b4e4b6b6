"""What goes to a chat model and what comes back, whatever the endpoint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

_REPEAT: ContextVar[int] = ContextVar("llmops_repeat", default=0)


@contextmanager
def repeating(number: int) -> Iterator[None]:
    """Give the calls of a block a number: equal questions with different numbers are two."""
    token = _REPEAT.set(number)
    try:
        yield
    finally:
        _REPEAT.reset(token)


@dataclass(frozen=True, kw_only=True)
class ChatRequest:
    """One call. ``model`` is ``<endpoint>/<model>``; messages are in OpenAI's form.

    ``repeat`` tells equal questions apart that are asked several times on purpose; each has its
    own place in the cache. Left out, it is that of the ``repeating`` block around. ``timeout_s`` is
    the time one try may take, None the configured one.
    ``prompt_ref``, ``purpose`` (``generate`` or ``judge``) and ``attributes`` go into the trace,
    never over the wire.
    """

    model: str
    messages: tuple[dict[str, Any], ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    prompt_ref: str = ""
    purpose: str = "generate"
    attributes: Mapping[str, str] = field(default_factory=dict)
    repeat: int = field(default_factory=_REPEAT.get)
    timeout_s: float | None = None


@dataclass(frozen=True, kw_only=True)
class Usage:
    """Tokens as the endpoint counted them.

    Cached input stands inside input, reasoning inside output.
    """

    input_tokens: int
    output_tokens: int
    cached_input_tokens: int = 0
    reasoning_tokens: int = 0


@dataclass(frozen=True, kw_only=True)
class ChatResponse:
    """One answer. ``model`` is what the endpoint says answered; ``usage`` None if it said none.

    ``tool_calls`` are the calls the model asks for, in OpenAI's form; ``text`` may then be empty.
    ``latency_ms`` is that of the try that was answered: no waiting before it counts. ``retries``
    says how many tries failed before. A ``cached`` answer has the latency, usage and cost that it
    had when it was given; nothing was charged this time. ``routed_to`` is the model that a router
    chose, "" where none did; cost and latency then count the answers it did not give, too.
    ``service_tier`` is what the endpoint says the call was served in, "" if it says nothing;
    ``price_source`` and ``price_since`` are the table the cost comes from, and the day since which
    the table says it holds; ``billed_s`` is the time charged, of models that are charged by it.
    ``system_fingerprint`` is what the endpoint says of the system that answered, "" for nothing.
    """

    text: str
    model: str
    finish_reason: str
    usage: Usage | None
    response_id: str
    latency_ms: float
    endpoint: str
    trace_id: str = ""
    cost_usd: str | None = None  # decimal text, None when the price is unknown
    tool_calls: tuple[dict[str, Any], ...] = ()
    cached: bool = False
    retries: int = 0
    routed_to: str = ""
    service_tier: str = ""
    price_source: str = ""
    price_since: str = ""
    billed_s: float | None = None
    system_fingerprint: str = ""
