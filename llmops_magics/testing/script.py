"""What a server answers: anything from one text to a function of the request.

``make_script`` turns each of these into a function from call to reply, and they nest: a dict may
hold lists, a list callables.
"""

from __future__ import annotations

from collections import abc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Any, TypeAlias

from llmops_magics.errors import UsageError
from llmops_magics.testing.call import Call
from llmops_magics.testing.reply import Reply

Answer: TypeAlias = (
    "str | Reply | Callable[[dict[str, Any]], str | Reply] | Sequence[Answer]"
    " | Mapping[str, Answer] | Mapping[str | None, Answer]"
)
Script: TypeAlias = Callable[[Call], Reply]


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """What one server answers at each of its endpoints; ``latency_ms`` comes on top."""

    chat: Script
    embeddings: Script
    models: tuple[str, ...]
    latency_ms: float


@singledispatch
def make_script(answer: Any) -> Script:
    """Make a script.

    - str or ``Reply``: answers every call.
    - callable: gets the request's body (a dict with ``path`` added) and returns one of the two.
    - list: its items in the order of the calls; the last one repeats.
    - dict: the first key that is part of the last user message picks the answer (upper and lower
      case differ), and the key ``None`` answers where no other does.

    Raises ``UsageError`` for anything else.
    """
    if callable(answer):
        return _script_of_callable(answer)
    raise UsageError(
        f"{type(answer).__name__} is no script: {answer!r}.",
        hint="Give a str, a Reply, a callable, a list or a dict.",
    )


@make_script.register
def _script_of_reply(answer: Reply) -> Script:
    return lambda _: answer


@make_script.register
def _script_of_text(answer: str) -> Script:
    return _script_of_reply(Reply(answer))


def _script_of_callable(answer: Callable[[dict[str, Any]], str | Reply]) -> Script:
    def script(call: Call) -> Reply:
        reply = answer(call.request)
        if isinstance(reply, str):
            return Reply(reply)
        if isinstance(reply, Reply):
            return reply
        raise UsageError(
            f"The script returned {type(reply).__name__}: {reply!r}.",
            hint="Return a str or a Reply; async functions cannot be scripts.",
        )

    return script


@make_script.register(abc.Sequence)
def _script_of_list(answer: Sequence[Answer]) -> Script:
    if not answer:
        raise UsageError("The list of answers is empty.", hint="Give at least one.")
    last = make_script(answer[-1])
    rest = iter([make_script(item) for item in answer[:-1]])

    def script(call: Call) -> Reply:
        return next(rest, last)(call)

    return script


@make_script.register(abc.Mapping)
def _script_of_dict(answer: Mapping[str | None, Answer]) -> Script:
    default = make_script(answer[None]) if None in answer else _no_answer
    keyed = [(key, make_script(item)) for key, item in answer.items() if key is not None]

    def script(call: Call) -> Reply:
        user = call.user
        return next((chosen for key, chosen in keyed if key in user), default)(call)

    return script


def _no_answer(call: Call) -> Reply:
    raise UsageError(
        f"The script has no answer to {call.user!r}.",
        hint="Add a key that is part of it, or the key None.",
    )
