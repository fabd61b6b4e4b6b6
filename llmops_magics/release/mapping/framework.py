"""The frameworks that records are mapped to, read from the dated files beside this module.

A mapping says which kinds of records speak to a requirement and what of it is kept elsewhere. It
judges nothing: whether a requirement is met is for people who know the system and the law.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from llmops_magics.errors import AuditError

_FOLDER = Path(__file__).parent
ORDER = ("eu-ai-act", "nist-ai-600-1", "iso-iec-42001", "soc-2", "gdpr", "sr-26-2")


@dataclass(frozen=True, kw_only=True)
class Requirement:
    """One thing that is asked for, in our words; ``records`` are kinds of evidence."""

    id: str
    title: str
    asks: str
    records: tuple[str, ...]
    elsewhere: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Framework:
    """A law or standard: which text was read, where, when, and to whom it applies."""

    id: str
    title: str
    text: str
    source: str
    read_on: str
    applies: str
    requirements: tuple[Requirement, ...]


@cache
def frameworks() -> tuple[Framework, ...]:
    """Return every framework, in the order in which they are shown."""
    found = [_read(path) for path in sorted(_FOLDER.glob("*.toml"))]
    return tuple(sorted(found, key=lambda each: ORDER.index(each.id)))


def chosen(ids: tuple[str, ...]) -> tuple[Framework, ...]:
    """Return the frameworks of these ids, all of them for none."""
    known = {each.id: each for each in frameworks()}
    unknown = [each for each in ids if each not in known]
    if unknown:
        raise AuditError(
            f"there is no mapping to {unknown[0]!r}.", hint=f"There are {', '.join(known)}."
        )
    return tuple(known[each] for each in ids) if ids else tuple(known.values())


def _read(path: Path) -> Framework:
    written: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    requirements = tuple(
        Requirement(
            **each | {"records": tuple(each["records"]), "elsewhere": tuple(each["elsewhere"])}
        )
        for each in written.pop("requirement")
    )
    return Framework(**written, requirements=requirements)
