"""Messages as the GenAI conventions write them into an attribute: JSON, with secrets masked.

An image that travels inside a message is noted by its type, size and digest, never copied.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from llmops_magics.record import digest_bytes
from llmops_magics.redaction import redact

MAX_CONTENT_CHARS = 20_000
LONGEST_SECRET_CHARS = 9_000
_SHORT_CHARS = 100


class MaskedText(str):
    """Text in which secrets are masked already: it need not be searched again."""

    __slots__ = ()


def messages_attribute(messages: Iterable[Mapping[str, Any]]) -> MaskedText:
    """Return the attribute for messages in OpenAI's form; long texts are cut, and say so."""
    return MaskedText(json.dumps([_message(m) for m in messages]))


def _message(message: Mapping[str, Any]) -> dict[str, Any]:
    content = message.get("content") or ""
    parts = content if isinstance(content, list | tuple) else [content]
    noted = [_part(part) for part in parts]
    return {"role": _short(message.get("role")), "parts": noted + _tool_calls(message)}


def _part(part: Any) -> dict[str, Any]:
    """Note one part, whatever a caller made of it: a trace must never break the call."""
    if isinstance(part, Mapping):
        image = part.get("image_url")
        if isinstance(image, Mapping) and isinstance(image.get("url"), str):
            return _image(image["url"])
        part = part["text"] if isinstance(part.get("text"), str) else part
    text = part if isinstance(part, str) else json.dumps(part, ensure_ascii=False, default=str)
    return {"type": "text", "content": masked(text)}


def _image(url: str) -> dict[str, Any]:
    head, is_inline, data = url.partition(";base64,")
    if not (is_inline and head.startswith("data:")):
        return {"type": "uri", "modality": "image", "uri": masked(url)}
    try:
        content = base64.b64decode(data)
    except ValueError:
        content = data.encode()
    return {
        "type": "blob",
        "modality": "image",
        "mime_type": _short(head.removeprefix("data:")),
        "bytes": len(content),
        "digest": digest_bytes(content),
    }


def _tool_calls(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    calls = [call for call in message.get("tool_calls") or () if isinstance(call, Mapping)]
    return [_tool_call(call, call.get("function")) for call in calls]


def _tool_call(call: Mapping[str, Any], function: Any) -> dict[str, Any]:
    called = function if isinstance(function, Mapping) else {}
    return {
        "type": "tool_call",
        "id": _short(call.get("id")),
        "name": _short(called.get("name")),
        "arguments": masked(str(called.get("arguments") or "")),
    }


def _short(value: Any) -> str:
    """Return a name or an id as it may be kept."""
    text = str(value) if value else ""
    return _known(text) if len(text) <= _SHORT_CHARS else masked(text)


@lru_cache(maxsize=1_000)  # the same few come again and again
def _known(text: str) -> str:
    return redact(text)


def masked(text: str) -> str:
    """Mask and shorten a text; one of 10 MB costs no more than the part that is kept."""
    if len(text) <= MAX_CONTENT_CHARS + LONGEST_SECRET_CHARS:
        return cut(redact(text))
    head = redact(text[: MAX_CONTENT_CHARS + LONGEST_SECRET_CHARS])
    # A secret that the cut went through is no longer recognised: so much of the end goes too.
    kept = head[: min(MAX_CONTENT_CHARS, len(head) - LONGEST_SECRET_CHARS)]
    return f"{kept}… ({len(text) - len(kept)} characters cut)"


def cut(text: str) -> str:
    """Shorten what is too long for a span, with the number of characters left out."""
    if len(text) <= MAX_CONTENT_CHARS:
        return text
    return f"{text[:MAX_CONTENT_CHARS]}… ({len(text) - MAX_CONTENT_CHARS} characters cut)"
