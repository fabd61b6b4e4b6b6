"""What may move under a gate while it runs: files, datasets, indexes and where prompts point.

It is looked at before the kernel starts and after it ended. A dataset or an index that the decision
rests on must be the same throughout; so must every file that a parameter names.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Table, func, select

from llmops_magics.record import DIGEST_ALGORITHM
from llmops_magics.release.gate.result import GateDecision
from llmops_magics.storage.store import Store
from llmops_magics.storage.table import dataset_version, index_move, label_move, prompt_version

MAX_FILE_BYTES = 1024 * 1024 * 1024
MOST_FILES = 200
DROPPED = "drop"


@dataclass(frozen=True, kw_only=True)
class Grounds:
    """What stood at one moment: digests by name, of labels the version's number."""

    files: Mapping[str, str] = field(default_factory=dict)
    datasets: Mapping[str, str] = field(default_factory=dict)
    indexes: Mapping[str, str] = field(default_factory=dict)
    prompts: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return asdict(self)


def look(store: Store, root: Path, parameters: Mapping[str, Any]) -> Grounds:
    """Look at the store, and at the files in ``root`` that values of parameters name."""
    prompt, label = prompt_version.c, label_move.c
    with store.read() as connection:
        datasets = connection.execute(
            _newest(dataset_version, ["name"], dataset_version.c.number, ["digest"])
        ).all()
        indexes = connection.execute(
            _newest(index_move, ["corpus"], index_move.c.id, ["fingerprint", "action"])
        ).all()
        versions = connection.execute(
            _newest(prompt_version, ["name"], prompt.number, ["digest"])
        ).all()
        labels = connection.execute(
            _newest(label_move, ["name", "label"], label.id, ["number"])
        ).all()
    return Grounds(
        files=dict(_files(root, parameters)),
        datasets={str(name): str(found) for name, found in datasets},
        indexes={str(c): str(found) for c, found, action in indexes if action != DROPPED},
        prompts={str(name): str(found) for name, found in versions}
        | {f"{name}@{at}": str(number) for name, at, number in labels},
    )


def moves(before: Grounds, after: Grounds, decision: GateDecision | None) -> tuple[str, ...]:
    """Return what moved although the gate rests on it, in words."""
    found = [
        f"The file {name} was {'changed' if name in after.files else 'removed'} while the gate ran."
        for name, digest in before.files.items()
        if after.files.get(name) != digest
    ]
    if decision is None:
        return tuple(found)
    now = after.datasets.get(decision.dataset)
    if now not in (before.datasets.get(decision.dataset), decision.dataset_digest):
        found.append(f"The dataset {decision.dataset} got another version while the gate ran.")
    return (*found, *_index_moves(before, after, decision.index_fingerprint))


def prompt_moves(before: Grounds, after: Grounds, name: str) -> tuple[str, ...]:
    """Return which labels of a prompt moved: the decision names a version, and stands."""
    return tuple(
        f"{label} moved from version {number} to {after.prompts.get(label, 'none')} meanwhile."
        for label, number in before.prompts.items()
        if label.startswith(f"{name}@") and after.prompts.get(label) != number
    )


def _index_moves(before: Grounds, after: Grounds, used: str) -> Iterator[str]:
    if not used:
        return
    if used not in after.indexes.values():
        yield f"The index {used[:19]}… was no longer in use when the gate ended."
    for corpus, fingerprint in after.indexes.items():
        was = before.indexes.get(corpus, fingerprint)
        if used in (was, fingerprint) and was != fingerprint:
            yield f"The index of {corpus} was switched while the gate ran."


def _newest(table: Table, by: list[str], order: Column[Any], wanted: list[str]) -> Any:
    """Select of each name the row with the largest ``order``."""
    keys = [table.c[name] for name in by]
    last = select(*keys, func.max(order).label("last")).group_by(*keys).subquery()
    here = [table.c[name] == last.c[name] for name in by]
    columns = [table.c[name] for name in (*by, *wanted)]
    return select(*columns).join(last, (order == last.c.last) & _all(here))


def _all(conditions: list[Any]) -> Any:
    first, *others = conditions
    for other in others:
        first = first & other
    return first


def _files(root: Path, parameters: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the digest of each file that a parameter names, and of those in a folder it names."""
    texts = [value for value in parameters.values() if isinstance(value, str) and value.strip()]
    for text in dict.fromkeys(texts):
        try:
            place = root / text
            if place.is_dir() and place.resolve() != root.resolve():
                inside = sorted(each for each in place.iterdir() if each.is_file())[:MOST_FILES]
            else:
                inside = [place] if place.is_file() else []
            for path in inside:
                if path.stat().st_size <= MAX_FILE_BYTES:
                    yield (
                        path.relative_to(root).as_posix()
                        if path.is_relative_to(root)
                        else path.name,
                        _digest(path),
                    )
        except (OSError, ValueError):
            continue  # no name of a file at all, or one that cannot be read


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return f"{DIGEST_ALGORITHM}:{hashlib.file_digest(file, DIGEST_ALGORITHM).hexdigest()}"
