"""Chat completions in OpenAI's shape, whole or as a stream of chunks."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from llmops_magics.testing.call import count_words, message_text
from llmops_magics.testing.payload import (
    FINGERPRINT,
    ID_PREFIX,
    Payload,
    event_payload,
    json_payload,
)

if TYPE_CHECKING:
    from llmops_magics.testing.call import Call
    from llmops_magics.testing.reply import Reply

PIECE = re.compile(r"\s*\S+\s*|\s+")  # a word with the white space around it


def completion_payload(reply: Reply, call: Call) -> Payload:
    """Return the completion that ``reply`` scripts; the request's ``n`` and ``stream`` hold."""
    if call.streamed:
        return event_payload(_chunks(reply, call))
    message: dict[str, Any] = {"role": "assistant", "content": reply.text, "refusal": None}
    if reply.tool_calls:
        message |= {"content": reply.text or None, "tool_calls": _tool_calls(reply)}
    finish = {"message": message, "logprobs": None, "finish_reason": reply.why_finished}
    choices = [{"index": index, **finish} for index in range(_choice_count(call))]
    usage = _usage(reply, call)
    counted = {"usage": usage} if usage else {}
    return json_payload({**_head(reply, call, "chat.completion"), "choices": choices, **counted})


def _chunks(reply: Reply, call: Call) -> Iterator[dict[str, Any]]:
    head = _head(reply, call, "chat.completion.chunk")
    with_usage = bool((call.request.get("stream_options") or {}).get("include_usage"))
    if with_usage:
        head["usage"] = None
    for index in range(_choice_count(call)):
        for delta in _deltas(reply):
            yield {**head, "choices": [{"index": index, "delta": delta, "finish_reason": None}]}
        end = {"index": index, "delta": {}, "finish_reason": reply.why_finished}
        yield {**head, "choices": [end]}
    usage = _usage(reply, call)
    if with_usage and usage:
        yield {**head, "choices": [], "usage": usage}


def _deltas(reply: Reply) -> Iterator[dict[str, Any]]:
    yield {"role": "assistant", "content": ""}
    for piece in PIECE.findall(reply.text):
        yield {"content": piece}
    for index, tool_call in enumerate(_tool_calls(reply)):
        yield {"tool_calls": [{"index": index, **tool_call}]}


def _head(reply: Reply, call: Call, kind: str) -> dict[str, Any]:
    return {
        "id": f"{ID_PREFIX}{call.number}",
        "object": kind,
        "created": int(time.time()),
        "model": reply.model or call.model,
        "system_fingerprint": reply.system_fingerprint or FINGERPRINT,
    }


def _choice_count(call: Call) -> int:
    return int(call.request.get("n") or 1)


def _tool_calls(reply: Reply) -> list[dict[str, Any]]:
    return [
        {
            "id": tool_call.get("id", f"call_{position}"),
            "type": "function",
            "function": {
                "name": tool_call["name"],
                "arguments": _arguments(tool_call.get("arguments", {})),
            },
        }
        for position, tool_call in enumerate(reply.tool_calls, start=1)
    ]


def _arguments(arguments: Any) -> str:
    return arguments if isinstance(arguments, str) else json.dumps(arguments)


def _usage(reply: Reply, call: Call) -> dict[str, Any]:
    if isinstance(reply.usage, Mapping):
        return dict(reply.usage)
    prompt_tokens, completion_tokens = reply.usage or _count_tokens(reply, call)
    return {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
    }


def _count_tokens(reply: Reply, call: Call) -> tuple[int, int]:
    tool_words = [_arguments(tool_call.get("arguments", {})) for tool_call in reply.tool_calls]
    words_out = count_words(" ".join([reply.text, *tool_words]))
    words_in = sum(count_words(message_text(message)) for message in call.messages)
    return words_in, words_out * _choice_count(call)
