"""A prompt with its variables filled in: ready to read, and ready for the chat API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from llmops_magics.record import Record


@dataclass(frozen=True, kw_only=True)
class RenderedPrompt(Record):
    """What a model would be sent; ``messages`` are in OpenAI's form."""

    kind: ClassVar[str] = "rendered-prompt"

    ref: str
    digest: str
    model: str  # endpoint/model
    messages: tuple[dict[str, Any], ...]
    settings: dict[str, Any]
    variables: dict[str, Any]  # what was filled in, defaults and samples too
    sampled: tuple[str, ...] = ()  # names whose value came from `sample:`


@dataclass(frozen=True, kw_only=True)
class PromptAnswer(Record):
    """One answer of a model to a prompt; cost as decimal text in US dollars, None if unknown."""

    kind: ClassVar[str] = "prompt-answer"

    ref: str
    model: str
    resolved_model: str  # what the endpoint says answered
    text: str
    tool_calls: tuple[dict[str, Any], ...]
    finish_reason: str
    variables: dict[str, Any]
    latency_ms: float
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: str | None
    trace_id: str = ""

    def __str__(self) -> str:
        return self.text
