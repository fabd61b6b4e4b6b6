"""Attacks that somebody wrote as rows: ``user`` and ``goals``, the rest where it is needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from llmops_magics.errors import GuardError
from llmops_magics.guard.redteam.attack import CHANNELS, ROLES, Attack, Turn, read_goal


def own_attacks(rows: Sequence[Mapping[str, Any]], name: str) -> Iterator[Attack]:
    """Return an attack a row; raises ``GuardError`` naming the row that is wrong."""
    for number, row in enumerate(rows, 1):
        where = f"{name}, attack {number}"
        yield Attack(
            id=_text(row, "id", where) or f"own/{number}",
            family=_text(row, "family", where) or "own",
            template=_text(row, "template", where) or f"own/{number}",
            mutator=_text(row, "mutator", where),
            risks=tuple(map(str, _list(row, "risks", where))),
            user=_text(row, "user", where) or _fail(where, "has no `user`"),
            document=_text(row, "document", where),
            channel=_channel(row, where),
            history=tuple(_turn(each, where) for each in _list(row, "history", where)),
            goals=tuple(map(read_goal, _list(row, "goals", where)))
            or _fail(where, "has no `goals`"),
        )


def _text(row: Mapping[str, Any], field: str, where: str) -> str:
    value = row.get(field, "")
    return value if isinstance(value, str) else _fail(where, f"has no text in `{field}`")


def _list(row: Mapping[str, Any], field: str, where: str) -> list[Any]:
    value = row.get(field, [])
    return value if isinstance(value, list) else _fail(where, f"has no list in `{field}`")


def _channel(row: Mapping[str, Any], where: str) -> Any:
    channel = row.get("channel") or ("document" if row.get("document") else "user")
    return channel if channel in CHANNELS else _fail(where, f"comes by {channel!r}")


def _turn(value: Any, where: str) -> Turn:
    if not isinstance(value, Mapping) or value.get("role") not in ROLES:
        _fail(where, "has a turn that is neither a user's nor an assistant's")
    return Turn(role=value["role"], content=str(value.get("content", "")))


def _fail(where: str, why: str) -> Any:
    raise GuardError(f"{where} {why}.")
