"""The texts of messages in OpenAI's form: which boundary each crosses, and the way back.

What a user says crosses ``input``, what a tool said ``tool_result``. Every message is read each
time, since every one is sent each time; those before the model's last words were decided about when
they were new. Words of the model and of the system are not input.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from llmops_magics.errors import UsageError
from llmops_magics.guard.boundary.crossing import Crossing
from llmops_magics.guard.boundary.leaf import leaves, with_texts
from llmops_magics.guard.detector import Boundary
from llmops_magics.models.chat import ChatResponse

_OF_TOOLS: Final = ("tool", "function")
_SYSTEM: Final = ("system", "developer")
_IN_PARTS: Final = ("text", "content")  # where a part of a message has text
_TRUSTED: Final = (*_SYSTEM, "assistant")
Messages = Sequence[Mapping[str, Any]]


def crossings_of(messages: Messages) -> list[Crossing]:
    """Return the texts that go to the model, in order."""
    newest = _newest(messages)
    found = []
    for number, message in enumerate(messages):
        boundary = _boundary_of(message)
        if boundary is None:
            continue
        subject = f"message {number + 1} ({str(message.get('role'))[:20]})"
        found += [
            Crossing(
                text=text,
                boundary=boundary,
                subject=subject,
                noted="new" if number < newest else "always",
            )
            for text in _texts(message.get("content"))
        ]
    return found


def with_checked(messages: Messages, texts: Sequence[str]) -> tuple[dict[str, Any], ...]:
    """Return messages with the texts of ``crossings_of`` replaced."""
    given = iter(texts)
    return tuple(
        {**message, "content": _replaced(message.get("content"), given)}
        if _boundary_of(message)
        else dict(message)
        for message in messages
    )


def system_prompt_of(messages: Messages) -> str:
    """Return what the system says, which must not leak."""
    said = (m.get("content") for m in messages if m.get("role") in _SYSTEM)
    return "\n".join(text for content in said for text in _texts(content))


def crossings_of_answer(response: ChatResponse) -> list[Crossing]:
    """Return the texts of an answer: its words, and every text in the calls that it asks for."""
    found = []
    if response.text:
        found.append(Crossing(text=response.text, boundary="output", subject="the answer"))
    for call in response.tool_calls:
        name, arguments = _call(call)
        found += [
            Crossing(text=leaf.text, boundary="tool_call", subject=_subject(name, leaf.path))
            for leaf in [*(leaves(name) if name else ()), *leaves(arguments)]
        ]
    return found


def with_checked_answer(response: ChatResponse, texts: Sequence[str]) -> ChatResponse:
    """Return an answer with the texts of ``crossings_of_answer`` replaced."""
    given = iter(texts)
    text = next(given) if response.text else response.text
    calls = tuple(_checked_call(call, given) for call in response.tool_calls)
    return replace(response, text=text, tool_calls=calls)


def _newest(messages: Messages) -> int:
    """Return where what is new begins: behind the model's last words that were answered."""
    end = len(messages)
    while end and not _boundary_of(messages[end - 1]):
        end -= 1
    while end and _boundary_of(messages[end - 1]):
        end -= 1
    return end


def _boundary_of(message: Mapping[str, Any]) -> Boundary | None:
    """Return what a message crosses; one of a role that nobody knows is somebody's input."""
    role = message.get("role")
    if role in _OF_TOOLS:
        return "tool_result"
    return None if role in _TRUSTED else "input"


def _texts(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, list | tuple):
        for part in content:
            if isinstance(part, str):
                yield part
            elif isinstance(part, Mapping):
                for name in _IN_PARTS:
                    yield from _texts(part.get(name))


def _replaced(content: Any, texts: Iterator[str]) -> Any:
    if isinstance(content, str):
        return next(texts)
    if isinstance(content, list | tuple):
        return [_replaced_part(part, texts) for part in content]
    return content


def _replaced_part(part: Any, texts: Iterator[str]) -> Any:
    if isinstance(part, str):
        return next(texts)
    if isinstance(part, Mapping):
        found = {name: _replaced(part[name], texts) for name in _IN_PARTS if name in part}
        return {**part, **found}
    return part


def _call(call: Mapping[str, Any]) -> tuple[str, Any]:
    """Return the name of a call and its arguments: all of it where it is of another form."""
    function = call.get("function")
    if not isinstance(function, Mapping):
        return "", dict(call)
    return str(function.get("name", "")), _parsed(str(function.get("arguments", "")))


def _checked_call(call: Mapping[str, Any], texts: Iterator[str]) -> dict[str, Any]:
    given, value = _call(call)
    name = next(texts) if given else given
    checked = with_texts(value, texts)
    function = call.get("function")
    if (name, checked) == (given, value):
        return dict(call)
    if not isinstance(function, Mapping):
        return dict(checked)
    written = checked if isinstance(value, str) else json.dumps(checked, ensure_ascii=False)
    return {**call, "function": {**function, "name": name, "arguments": written}}


def _parsed(arguments: str) -> Any:
    """Return what the arguments say: escapes in JSON must not hide a text."""
    try:
        value = json.loads(arguments)
        leaves(value)
    except (ValueError, RecursionError, UsageError):
        return arguments
    return value


def _subject(name: str, path: str) -> str:
    return f"call of {name[:100]}{f', {path}' if path else ''}"[:300]
