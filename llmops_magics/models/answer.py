"""A stored answer: the digest of what was asked, and the JSON of what came back.

Of the question only the digest is kept. The answer carries a digest over both, so a row that was
damaged, or belongs to another question or program, is not taken for the answer.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from llmops_magics.models.chat import ChatRequest, ChatResponse, Usage
from llmops_magics.record import digest, digest_bytes, to_jsonable
from llmops_magics.redaction import redact_value


def question_digest(request: ChatRequest, base_url: str, model: str) -> str:
    """Return the key of a call: where it goes, and everything that decides the answer.

    Raises ``TypeError`` or ``ValueError`` for what is no JSON.
    """
    return digest(
        {
            "base_url": base_url.rstrip("/"),
            "model": model,
            "messages": request.messages,
            "settings": request.settings,
            "repeat": request.repeat,
        }
    )


def write_answer(key: str, response: ChatResponse) -> dict[str, Any]:
    """Return the JSON object that is stored under a key."""
    answer = to_jsonable(
        {
            "text": response.text,
            "model": response.model,
            "finish_reason": response.finish_reason,
            "usage": None if response.usage is None else asdict(response.usage),
            "response_id": response.response_id,
            "latency_ms": response.latency_ms,
            "cost_usd": response.cost_usd,
            "tool_calls": response.tool_calls,
            "system_fingerprint": response.system_fingerprint,
        }
    )
    return {"answer": answer, "digest": _seal(key, answer)}


def read_answer(key: str, body: Any, endpoint: str) -> ChatResponse | None:
    """Return the answer stored under a key; None if this is none."""
    try:
        answer = dict(body["answer"])
        if body["digest"] != _seal(key, answer):
            return None
        usage, tool_calls = answer.pop("usage"), tuple(answer.pop("tool_calls"))
        return ChatResponse(
            **answer,
            usage=None if usage is None else Usage(**usage),
            tool_calls=tool_calls,
            endpoint=endpoint,
            cached=True,
        )
    except (KeyError, TypeError, ValueError, IndexError):
        return None


def _seal(key: str, answer: dict[str, Any]) -> str:
    # Not ``digest``: what came out of the store holds nothing but JSON, and hits are many.
    return digest_bytes(key.encode() + json.dumps(answer, sort_keys=True).encode())


def is_sensitive(response: ChatResponse) -> bool:
    """Tell whether something in an answer would be masked before it is written."""
    said = [response.text, *response.tool_calls]
    return bool(redact_value(said) != said)
