"""Bodies on the wire: JSON, server-sent events, and OpenAI's error object."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llmops_magics.testing.reply import Reply

JSON_TYPE = "application/json"
EVENT_TYPE = "text/event-stream"
SERVER_ERROR = 500
FINGERPRINT = "fp_scripted"
"""The system fingerprint by which an answer says that no model gave it."""
ID_PREFIX = "chatcmpl-scripted-"
ERROR_CODES = {401: "invalid_api_key", 404: "not_found", 429: "rate_limit_exceeded"}


@dataclass(frozen=True, kw_only=True)
class Payload:
    """A body: of one part, or streamed in several."""

    content_type: str
    parts: tuple[bytes, ...]
    streamed: bool = False


def json_payload(value: Any) -> Payload:
    """Return ``value`` as a JSON body."""
    return Payload(content_type=JSON_TYPE, parts=(json.dumps(value).encode(),))


def event_payload(values: Iterable[Any]) -> Payload:
    """Return one event for each value, and the closing ``[DONE]``."""
    events = [*map(json.dumps, values), "[DONE]"]
    parts = tuple(f"data: {event}\n\n".encode() for event in events)
    return Payload(content_type=EVENT_TYPE, parts=parts, streamed=True)


def raw_payload(body: str | bytes, *, streamed: bool) -> Payload:
    """Return ``body`` as it is; streamed, as the data of one event with no ``[DONE]``."""
    content = body.encode() if isinstance(body, str) else body
    if not streamed:
        return Payload(content_type=JSON_TYPE, parts=(content,))
    event = b"".join(b"data: " + line + b"\n" for line in content.splitlines()) + b"\n"
    return Payload(content_type=EVENT_TYPE, parts=(event,), streamed=True)


def error_payload(reply: Reply) -> Payload:
    """Return OpenAI's error object for a reply with a status from 400 on."""
    error = {
        "message": reply.error_message or f"Scripted error {reply.status}.",
        "type": "server_error" if reply.status >= SERVER_ERROR else "invalid_request_error",
        "param": None,
        "code": ERROR_CODES.get(reply.status),
    }
    return json_payload({"error": error})
