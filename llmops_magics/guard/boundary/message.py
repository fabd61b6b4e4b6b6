"""The texts of messages in OpenAI's form: which boundary each crosses, and the way back.

What a user says crosses ``input``, what a tool said ``tool_result``. Every message is read each
time, since every one is sent each time; those before the model's last words were decided about when
they were new. All of such a message is read, in whatever form it comes, but for the base64 of
pictures, sound and files, into which nobody looks.

Words of the model and of the system are not input, and neither are the definitions of tools: what
a prompt puts into its system message, a document too, is not looked at here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from llmops_magics.errors import UsageError
from llmops_magics.guard.boundary.crossing import Crossing
from llmops_magics.guard.boundary.leaf import Leaf, leaves, with_texts
from llmops_magics.guard.detector import Boundary
from llmops_magics.models.chat import ChatResponse
from llmops_magics.redaction import redact

_OF_TOOLS: Final = ("tool", "function")
_SYSTEM: Final = ("system", "developer")
_TRUSTED: Final = (*_SYSTEM, "assistant")
_UNREAD: Final = ("role", "tool_call_id")  # of a message; the second is the model's own
# Words of the form itself, as names and as types: of these nothing is to be found.
_FORM: Final = frozenset(
    {"content", "name", "type", "text", "refusal", "image_url", "url", "detail", "input_audio"}
    | {"data", "format", "file", "filename", "file_data", "file_id"}
)
_FILE: Final = re.compile(r"(?:data:[^,]{0,200};base64,)?[A-Za-z0-9+/\r\n]{200,}={0,2}\s*")
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
            for text in _read(_said(message))
        ]
    return found


def with_checked(messages: Messages, texts: Sequence[str]) -> tuple[dict[str, Any], ...]:
    """Return messages with the texts of ``crossings_of`` replaced."""
    given = iter(texts)
    return tuple(
        _kept(message) | _replaced(_said(message), given)
        if _boundary_of(message)
        else dict(message)
        for message in messages
    )


def system_prompt_of(messages: Messages) -> str:
    """Return what the system says, which must not leak."""
    said = (m.get("content") for m in messages if m.get("role") in _SYSTEM)
    return "\n".join(text for content in said for text in _read(content))


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


def _kept(message: Mapping[str, Any]) -> dict[str, Any]:
    return {name: message[name] for name in message if name in _UNREAD}


def _said(message: Mapping[str, Any]) -> dict[str, Any]:
    return {name: message[name] for name in message if name not in _UNREAD}


def _read(value: Any) -> list[str]:
    return [leaf.text for leaf in leaves(value) if not _is_form(leaf)]


def _replaced(value: Any, texts: Iterator[str]) -> Any:
    every = [leaf.text if _is_form(leaf) else next(texts) for leaf in leaves(value)]
    return with_texts(value, iter(every))


def _is_form(leaf: Leaf) -> bool:
    """Tell whether a text belongs to the form of a message, or is a file in it."""
    if leaf.is_key or leaf.path.endswith(".type"):
        return leaf.text in _FORM
    return leaf.path.endswith(("url", "data")) and _FILE.fullmatch(leaf.text) is not None


def _call(call: Mapping[str, Any]) -> tuple[str, Any]:
    """Return the name of a call and its arguments: all of it where it is of another form."""
    function = call.get("function")
    if not isinstance(function, Mapping):
        return "", dict(call)
    arguments = function.get("arguments", "")
    value = _parsed(arguments) if isinstance(arguments, str) else arguments
    return str(function.get("name", "")), value


def _checked_call(call: Mapping[str, Any], texts: Iterator[str]) -> dict[str, Any]:
    given, value = _call(call)
    name = next(texts) if given else given
    checked = with_texts(value, texts)
    function = call.get("function")
    if (name, checked) == (given, value):
        return dict(call)
    if not isinstance(function, Mapping):
        return dict(checked)
    is_written = isinstance(function.get("arguments"), str) and not isinstance(value, str)
    written = json.dumps(checked, ensure_ascii=False) if is_written else checked
    return {**call, "function": {**function, "name": name, "arguments": written}}


def _parsed(arguments: str) -> Any:
    """Return what the arguments say: escapes in JSON must not hide a text."""
    try:
        value = json.loads(arguments, object_pairs_hook=_every)
        leaves(value)
    except (ValueError, RecursionError, UsageError):
        return arguments
    return value


def _every(pairs: list[tuple[str, Any]]) -> Any:
    """Return an object; one that says a key twice as its pairs: the first one is text as well."""
    found = dict(pairs)
    return found if len(found) == len(pairs) else [list(pair) for pair in pairs]


def _subject(name: str, path: str) -> str:
    return f"call of {redact(name[:1_000])[:100]}{f', {path}' if path else ''}"[:300]
