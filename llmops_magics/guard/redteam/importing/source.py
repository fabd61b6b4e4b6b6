"""Read a file of attacks: a report of garak, tests of promptfoo, or rows of our own.

garak: the ``.report.jsonl`` of any run. One without a model writes every prompt of a probe:
``python -m garak --target_type test.Blank --probes dan --report_prefix attacks``.
promptfoo: the ``redteam.yaml`` that ``promptfoo redteam generate`` writes, as YAML or JSON.
Own: JSONL with ``user`` and ``goals``, and whatever else an ``Attack`` has.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Final

from llmops_magics.errors import GuardError
from llmops_magics.guard.redteam.attack import Attack
from llmops_magics.guard.redteam.document import parse_yaml, read_bounded
from llmops_magics.guard.redteam.importing.garak import garak_attacks
from llmops_magics.guard.redteam.importing.own import own_attacks
from llmops_magics.guard.redteam.importing.promptfoo import promptfoo_attacks
from llmops_magics.guard.redteam.suite import Suite

MAX_ATTACKS: Final = 5_000
MAX_CHARACTERS: Final = 100_000  # of one attack


def is_file(name: str) -> bool:
    """Tell the name of a file of attacks from that of a suite."""
    return Path(name).suffix.lower() in _READERS


def read_suite(path: str | Path) -> Suite:
    """Return the attacks of a file; raises ``GuardError`` for a file that has none.

    Of more than 5,000 attacks, and of one of more than 100,000 characters, nothing is read.
    """
    path = Path(os.path.expanduser(path))  # noqa: PTH111 -- pathlib's fails for nobody's folder
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise GuardError(
            f"{path.name!r} is no file of attacks.", hint=f"It ends in {', '.join(_READERS)}."
        )
    attacks = tuple(islice(reader(read_bounded(path), path.name), MAX_ATTACKS + 1))
    if not attacks:
        raise GuardError(f"{path.name} holds no attack.")
    if len(attacks) > MAX_ATTACKS:
        raise GuardError(f"{path.name} holds more than {MAX_ATTACKS:,} attacks.")
    for attack in attacks:
        _check(attack, path.name)
    return Suite(name=path.stem, attacks=_distinct(attacks))


def _check(attack: Attack, name: str) -> None:
    size = len(attack.user) + len(attack.document) + sum(len(t.content) for t in attack.history)
    if size > MAX_CHARACTERS:
        raise GuardError(f"{name}: the attack {attack.id!r} has {size:,} characters.")


def _distinct(attacks: tuple[Attack, ...]) -> tuple[Attack, ...]:
    """Leave out what is there twice: the same words by the same way, for the same goals."""
    seen: dict[Any, Attack] = {}
    for attack in attacks:
        key = (attack.user, attack.document, attack.history, attack.goals)
        seen.setdefault(key, attack)
    return tuple(seen.values())


def _lines(text: str, name: str) -> Iterator[Attack]:
    rows = [_row(line, f"{name}, line {n}") for n, line in enumerate(text.splitlines(), 1) if line]
    is_garak = any("entry_type" in row for row in rows)
    yield from garak_attacks(rows) if is_garak else own_attacks(rows, name)


def _row(line: str, where: str) -> Mapping[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise GuardError(f"{where} is no JSON.") from error
    if not isinstance(row, dict):
        raise GuardError(f"{where} is no JSON object.")
    return row


def _yaml(text: str, name: str) -> Iterator[Attack]:
    yield from promptfoo_attacks(parse_yaml(text, name), name)


def _json(text: str, name: str) -> Iterator[Attack]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise GuardError(f"{name} is no JSON.") from error
    yield from promptfoo_attacks(data, name)


_READERS: Final[Mapping[str, Callable[[str, str], Iterator[Attack]]]] = {
    ".jsonl": _lines,
    ".yaml": _yaml,
    ".yml": _yaml,
    ".json": _json,
}
