"""Tool calls of an answer and those a case expects, and which of them belong together."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from llmops_magics.evals.scorers.json_fields import is_same
from llmops_magics.evals.scorers.json_schema import read_json

MAX_CALLS = 200


@dataclass(frozen=True, kw_only=True)
class ToolCall:
    """A tool's name and arguments; None are arguments that nobody expects anything of."""

    name: str
    arguments: Any

    def __str__(self) -> str:
        shown = "" if self.arguments is None else json.dumps(self.arguments, default=str)
        return f"{self.name}({shown[:60]})"


def read_calls(values: Any) -> list[ToolCall]:
    """Read calls: in OpenAI's form, as ``{"name": …, "arguments": {…}}``, or just their names.

    Raises ``ValueError`` for what is none of these.
    """
    if isinstance(values, str | Mapping):
        values = [values]
    if not isinstance(values, list | tuple) or len(values) > MAX_CALLS:
        raise ValueError(f"these are no tool calls, or more than {MAX_CALLS}")
    return [_read(value) for value in values]


def _read(value: Any) -> ToolCall:
    if isinstance(value, str):
        return ToolCall(name=value, arguments=None)
    inner = value.get("function", value) if isinstance(value, Mapping) else None
    if isinstance(inner, str):  # {"function": "search", "arguments": {…}}
        inner = {**value, "name": inner}
    name = inner.get("name") if isinstance(inner, Mapping) else None
    if not isinstance(name, str) or not isinstance(inner, Mapping):
        raise ValueError("a tool call has no name")  # noqa: TRY004
    arguments = next((inner[k] for k in ("arguments", "args", "parameters") if k in inner), None)
    return ToolCall(name=name, arguments=_parse(arguments))


def _parse(arguments: Any) -> Any:
    """Return the arguments that a model wrote as JSON; what is none stays a text."""
    if not isinstance(arguments, str):
        return arguments
    try:
        return read_json(arguments) if arguments.strip() else {}
    except ValueError:
        return arguments


def fits(made: ToolCall, wanted: ToolCall, arguments: str = "exact") -> bool:
    """Tell whether a call is the wanted one.

    Of ``arguments`` all must be the same (``exact``), those that are wanted (``subset``), or none
    (``ignore``). Arguments left out are {}.
    """
    if made.name != wanted.name:
        return False
    if arguments == "ignore" or wanted.arguments is None:
        return True
    ours = {} if made.arguments is None else made.arguments
    if arguments == "exact" or not isinstance(ours, dict) or not isinstance(wanted.arguments, dict):
        return is_same(ours, wanted.arguments)
    return all(k in ours and is_same(ours[k], v) for k, v in wanted.arguments.items())


def pair(
    made: Sequence[ToolCall],
    wanted: Sequence[ToolCall],
    is_pair: Callable[[ToolCall, ToolCall], bool],
) -> dict[int, int]:
    """Return the most pairs there can be, from the position of a wanted call to that of a made one.

    A maximum bipartite matching by augmenting paths (Kuhn, 1955): a call that fits two wanted ones
    is not lost to the wrong one.
    """
    edges = [[i for i, call in enumerate(made) if is_pair(call, want)] for want in wanted]
    owner: dict[int, int] = {}
    for start in range(len(wanted)):
        _augment(start, edges, owner)
    return {want: call for call, want in owner.items()}


def _augment(start: int, edges: list[list[int]], owner: dict[int, int]) -> None:
    """Give ``start`` a call, moving the owners along a path to a free one (breadth first)."""
    came_from: dict[int, int] = {}  # call: the wanted one that reached for it
    queue = [start]
    for want in queue:
        for call in edges[want]:
            if call in came_from:
                continue
            came_from[call] = want
            if call in owner:
                queue.append(owner[call])
                continue
            _hand_over(call, start, came_from, owner)
            return


def _hand_over(call: int, start: int, came_from: dict[int, int], owner: dict[int, int]) -> None:
    taken = {want: each for each, want in owner.items()}
    while True:
        want = came_from[call]
        before = taken.get(want)
        owner[call] = want
        if want == start or before is None:
            return
        call = before
