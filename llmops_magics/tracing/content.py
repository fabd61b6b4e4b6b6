"""Messages as the GenAI conventions write them into an attribute: JSON, with secrets masked."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from llmops_magics.redaction import redact

MAX_CONTENT_CHARS = 20_000


def messages_attribute(messages: Iterable[Mapping[str, Any]]) -> str:
    """Return the attribute for messages in OpenAI's form; long texts are cut, and say so."""
    return json.dumps([_message(m) for m in messages])


def _message(message: Mapping[str, Any]) -> dict[str, Any]:
    content = message.get("content") or ""
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    part = {"type": "text", "content": cut(redact(text))}
    return {"role": message.get("role", ""), "parts": [part]}


def cut(text: str) -> str:
    """Shorten what is too long for a span, with the number of characters left out."""
    if len(text) <= MAX_CONTENT_CHARS:
        return text
    return f"{text[:MAX_CONTENT_CHARS]}… ({len(text) - MAX_CONTENT_CHARS} characters cut)"
