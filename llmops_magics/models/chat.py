"""What goes to a chat model and what comes back, whatever the endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class ChatRequest:
    """One call. ``model`` is ``<endpoint>/<model>``; messages are in OpenAI's form.

    ``prompt_ref``, ``purpose`` (``generate`` or ``judge``) and ``attributes`` go into the trace,
    never over the wire.
    """

    model: str
    messages: tuple[dict[str, Any], ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    prompt_ref: str = ""
    purpose: str = "generate"
    attributes: Mapping[str, str] = field(default_factory=dict)


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
