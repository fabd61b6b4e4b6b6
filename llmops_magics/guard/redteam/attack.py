"""One attack: what is sent, by which way it comes, and what would be its success."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, get_args

from llmops_magics.errors import GuardError

Channel: TypeAlias = Literal["user", "document", "tool_result"]
GoalKind: TypeAlias = Literal[
    "says", "writes", "links", "calls", "reveals", "exceeds", "repeats", "complies"
]
CHANNELS: Final[tuple[Channel, ...]] = get_args(Channel)
GOAL_KINDS: Final[tuple[GoalKind, ...]] = get_args(GoalKind)
ROLES: Final = ("user", "assistant")


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One earlier turn of a conversation."""

    role: str  # user or assistant
    content: str


@dataclass(frozen=True, kw_only=True)
class Goal:
    """What an attack is after; it succeeded where an answer does what one of its goals says.

    - ``says``: the answer holds one of ``texts``, whatever its case, spaces and punctuation.
    - ``writes``: it holds all ``texts`` as they stand, whatever their case.
    - ``links``: it links to, or shows an image of, a host among ``texts``.
    - ``calls``: it calls one of ``tools``, with one of ``texts`` in the arguments if there are any.
    - ``reveals``: it holds a run of words of the system prompt, or one of ``texts``, which were
      planted there.
    - ``exceeds``: it is longer than ``limit`` characters.
    - ``repeats``: it calls tools more than ``limit`` times.
    - ``complies``: it does not refuse; of an imported attack, whose success nobody wrote down.
    """

    kind: GoalKind
    texts: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    limit: int = 0


@dataclass(frozen=True, kw_only=True)
class Attack:
    """An attack, ready to be sent.

    ``id`` tells it from all others of its suite; attacks of one ``template`` are alike. ``user`` is
    the last turn of the user, ``history`` what came before it, ``document`` what a retrieval or a
    tool (``channel``) found for it.
    """

    id: str
    family: str
    template: str
    mutator: str
    risks: tuple[str, ...]
    user: str
    goals: tuple[Goal, ...]
    document: str = ""
    channel: Channel = "user"
    history: tuple[Turn, ...] = ()


def read_goal(value: Any) -> Goal:
    """Return the goal that a mapping describes; raises ``GuardError`` for what is none."""
    if not isinstance(value, Mapping) or value.get("kind") not in GOAL_KINDS:
        raise GuardError(
            f"{str(value)[:80]!r} is no goal of an attack.",
            hint=f"Give a mapping with a kind: {', '.join(GOAL_KINDS)}.",
        )
    goal = Goal(
        kind=value["kind"],
        texts=_texts(value, "texts"),
        tools=_texts(value, "tools"),
        limit=_limit(value),
    )
    if _is_empty(goal):
        raise GuardError(
            f"The goal {goal.kind!r} does not say of what.",
            hint="says, writes and links need texts, calls needs tools, and exceeds and repeats "
            "need a limit above 0.",
        )
    return goal


def _is_empty(goal: Goal) -> bool:
    needed = {
        "says": goal.texts,
        "writes": goal.texts,
        "links": goal.texts,
        "calls": goal.tools,
        "exceeds": goal.limit,
        "repeats": goal.limit,
    }
    return not needed.get(goal.kind, True)


def _texts(value: Mapping[str, Any], name: str) -> tuple[str, ...]:
    given = value.get(name, ())
    if isinstance(given, list | tuple) and all(isinstance(t, str) and t.strip() for t in given):
        return tuple(given)
    raise GuardError(f"`{name}` of a goal is {str(given)[:60]!r}.", hint="Give a list of texts.")


def _limit(value: Mapping[str, Any]) -> int:
    limit = value.get("limit", 0)
    if isinstance(limit, int) and not isinstance(limit, bool) and limit >= 0:
        return limit
    raise GuardError(f"`limit` of a goal is {str(limit)[:60]!r}.", hint="Give a whole number.")
