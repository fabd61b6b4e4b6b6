"""Messages as the GenAI conventions write them into an attribute: JSON, with secrets masked.

An image that travels inside a message is noted by its type, size and digest, never copied.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from llmops_magics.record import digest_bytes
from llmops_magics.redaction import redact

MAX_CONTENT_CHARS = 20_000


def messages_attribute(messages: Iterable[Mapping[str, Any]]) -> str:
    """Return the attribute for messages in OpenAI's form; long texts are cut, and say so."""
    return json.dumps([_message(m) for m in messages])


def _message(message: Mapping[str, Any]) -> dict[str, Any]:
    content = message.get("content") or ""
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    noted = [_part(part) for part in parts]
    return {"role": message.get("role", ""), "parts": noted + _tool_calls(message)}


def _part(part: Mapping[str, Any]) -> dict[str, Any]:
    if part.get("type") == "image_url":
        return _image(str(part.get("image_url", {}).get("url", "")))
    text = part.get("text")
    text = text if isinstance(text, str) else json.dumps(part, ensure_ascii=False, default=str)
    return {"type": "text", "content": cut(redact(text))}


def _image(url: str) -> dict[str, Any]:
    head, is_inline, data = url.partition(";base64,")
    if not (is_inline and head.startswith("data:")):
        return {"type": "uri", "modality": "image", "uri": cut(redact(url))}
    return {
        "type": "blob",
        "modality": "image",
        "mime_type": head.removeprefix("data:"),
        "bytes": len(data) * 3 // 4 - data[-2:].count("="),
        "digest": digest_bytes(data.encode()),
    }


def _tool_calls(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "type": "tool_call",
            "id": str(call.get("id") or ""),
            "name": str(call.get("function", {}).get("name") or ""),
            "arguments": cut(redact(str(call.get("function", {}).get("arguments") or ""))),
        }
        for call in message.get("tool_calls") or ()
    ]


def cut(text: str) -> str:
    """Shorten what is too long for a span, with the number of characters left out."""
    if len(text) <= MAX_CONTENT_CHARS:
        return text
    return f"{text[:MAX_CONTENT_CHARS]}… ({len(text) - MAX_CONTENT_CHARS} characters cut)"
