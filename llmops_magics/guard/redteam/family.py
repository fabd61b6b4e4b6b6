"""The families of attacks: templates in YAML beside this module, read once a process.

The fields of a file are those of ``Family`` and ``Template``. ``$name`` in a template stands for
a phrase of ``phrases.yaml``, for what the disguise made of the ``payload``, or for a value that
``suite`` fills in; a name that nobody knows is an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from llmops_magics.errors import GuardError
from llmops_magics.guard.redteam.attack import CHANNELS, ROLES, Channel, Turn
from llmops_magics.guard.redteam.document import parse_yaml
from llmops_magics.guard.redteam.mutation import MUTATORS
from llmops_magics.record import digest

PHRASES_FILE: Final = "phrases.yaml"
_OWN: Final = frozenset(
    {"family", "title", "risks", "summary", "mutators", "channel", "goals", "planted", "needs"}
    | {"attacks"}
)
_OF_TEMPLATE: Final = frozenset(
    {"id", "payload", "user", "document", "channel", "history", "goals"}
)


@dataclass(frozen=True, kw_only=True)
class Template:
    """One attack, with places for what the seed decides; ``payload`` is what gets disguised.

    With no ``payload`` the user's turn is disguised as a whole.
    """

    id: str
    user: str
    payload: str
    document: str
    channel: Channel
    history: tuple[Turn, ...]
    goals: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, kw_only=True)
class Family:
    """Templates of one kind; ``risks`` are ids of the OWASP lists (LLM 2025, agentic 2026).

    ``planted`` is a document with made-up data that must not come out. ``needs`` says what a
    target must have for the family to make sense: ``system``, a system prompt that can leak.
    """

    name: str
    title: str
    summary: str
    risks: tuple[str, ...]
    mutators: tuple[str, ...]
    planted: str
    needs: str
    templates: tuple[Template, ...]


@cache
def families() -> Mapping[str, Family]:
    """Return every family by its name, in the order of the names."""
    folder = files(__package__) / "families"
    found = {}
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".yaml") and entry.name != PHRASES_FILE:
            family = read_family(parse_yaml(entry.read_text("utf-8"), entry.name), entry.name)
            found[family.name] = family
    return dict(sorted(found.items()))


@cache
def phrases() -> Mapping[str, tuple[str, ...]]:
    """Return the ways to say the same, by name."""
    text = (files(__package__) / "families" / PHRASES_FILE).read_text("utf-8")
    return {name: tuple(ways) for name, ways in parse_yaml(text, PHRASES_FILE).items()}


@cache
def templates_digest() -> str:
    """Return the digest of every template: what a suite is made of, beside the seed."""
    return digest([dict(families()), dict(phrases())])


def read_family(data: Any, name: str) -> Family:
    """Read one file's data; raises ``GuardError`` naming what is wrong."""
    if not isinstance(data, Mapping) or not data.get("attacks"):
        raise GuardError(f"{name} holds no attacks.")
    _refuse_unknown(data, _OWN, name)
    unknown = [m for m in data.get("mutators", ()) if m not in MUTATORS]
    if unknown:
        raise GuardError(f"{name}: there is no mutator {', '.join(unknown)}.")
    return Family(
        name=data["family"],
        title=data["title"],
        summary=data["summary"],
        risks=tuple(data["risks"]),
        mutators=tuple(data["mutators"]),
        planted=data.get("planted", ""),
        needs=data.get("needs", ""),
        templates=tuple(_template(each, data, name) for each in data["attacks"]),
    )


_SAYS_MARKER: Final = ({"kind": "says", "texts": ["$marker"]},)


def _template(data: Mapping[str, Any], family: Mapping[str, Any], name: str) -> Template:
    _refuse_unknown(data, _OF_TEMPLATE, f"{name}: {data.get('id')}")
    channel = data.get("channel", family.get("channel", "user"))
    if channel not in CHANNELS:
        raise GuardError(f"{name}: there is no channel {channel!r}.")
    has_payload = "payload" in data
    return Template(
        id=data["id"],
        user=data["user"] if has_payload else "$payload",
        payload=data["payload"] if has_payload else data["user"],
        document=data.get("document", family.get("planted", "")),
        channel=channel,
        history=tuple(_turn(each, name) for each in data.get("history", ())),
        goals=tuple(data.get("goals", family.get("goals", _SAYS_MARKER))),
    )


def _turn(data: Mapping[str, str], name: str) -> Turn:
    ((role, content),) = data.items()
    if role not in ROLES:
        raise GuardError(f"{name}: a turn is by {role!r}.", hint=f"It is by {' or '.join(ROLES)}.")
    return Turn(role=role, content=content)


def _refuse_unknown(data: Mapping[str, Any], known: frozenset[str], where: str) -> None:
    unknown = sorted(set(data) - known)
    if unknown:
        raise GuardError(f"{where}: {', '.join(unknown)} is not known.")
