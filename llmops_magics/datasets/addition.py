"""Cases added to those that are there: by id, and never silently over another."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any
from unicodedata import normalize

from llmops_magics.datasets.case import Case, case_from_row
from llmops_magics.datasets.dataset import refuse_repeated
from llmops_magics.datasets.diff import content_of
from llmops_magics.errors import DatasetError

_SHOWN = 5


@dataclass(frozen=True, kw_only=True)
class Addition:
    """What adding came to: all cases in their order, and the ids by what was done."""

    cases: tuple[Case, ...]
    given: tuple[Case, ...]  # what came, in its order
    added: tuple[str, ...]
    replaced: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...] = ()

    @property
    def new_cases(self) -> list[Case]:
        """The cases that were added or replaced."""
        touched = {*self.added, *self.replaced}
        return [case for case in self.cases if case.id in touched]


def add_rows(
    there: Sequence[Case], rows: Iterable[Mapping[Any, Any]], name: str, *, replace: bool = False
) -> Addition:
    """Add rows; one without an id gets the next free one, or is known by its content.

    Raises ``DatasetError`` for an id that has other content, unless ``replace`` says so, and
    whatever ``case_from_row`` refuses.
    """
    return add_cases(there, list(_with_ids(there, rows)), name, replace=replace)


def add_cases(
    there: Sequence[Case], more: Sequence[Case], name: str, *, replace: bool = False
) -> Addition:
    """Add cases that have their ids; those that are there already change nothing."""
    if not more:
        raise DatasetError(f"There is nothing to add to {name!r}.")
    refuse_repeated(more, name)
    cases = {_key(case.id): case for case in there}
    added, replaced, unchanged = [], [], []
    for case in more:
        key = _key(case.id)
        known = cases.get(key)
        if known is None:
            added.append(case.id)
        elif content_of(known) == content_of(case):
            unchanged.append(case.id)
            continue
        else:
            replaced.append(case.id)
        cases[key] = case
    if replaced and not replace:
        shown = ", ".join(replaced[:_SHOWN])
        rest = f" and {len(replaced) - _SHOWN} more" if len(replaced) > _SHOWN else ""
        raise DatasetError(
            f"{name} has other content under the id {shown}{rest}.",
            hint="Nothing was added. Give them other ids, or replace the cases with --replace.",
        )
    return Addition(
        cases=tuple(cases.values()),
        given=tuple(more),
        added=tuple(added),
        replaced=tuple(replaced),
        unchanged=tuple(unchanged),
    )


def replace_all(there: Sequence[Case], cases: tuple[Case, ...]) -> Addition:
    """Return what putting cases in the place of those that are there comes to."""
    old = {case.id: content_of(case) for case in there}
    new = {case.id: content_of(case) for case in cases}
    return Addition(
        cases=cases,
        given=cases,
        added=tuple(i for i in new if i not in old),
        replaced=tuple(i for i in new if i in old and new[i] != old[i]),
        unchanged=tuple(i for i in new if old.get(i) == new[i]),
        removed=tuple(i for i in old if i not in new),
    )


def _with_ids(there: Sequence[Case], rows: Iterable[Mapping[Any, Any]]) -> Iterator[Case]:
    """Yield the rows as cases; adding the same rows a second time gives them the same ids."""
    read = [(_has_id(row), case_from_row(row, n)) for n, row in enumerate(rows, 1)]
    given = {case.id for has_id, case in read if has_id}
    taken = given | {case.id for case in there}
    known: dict[bytes, list[str]] = {}
    if not all(has_id for has_id, _ in read):
        for case in reversed(there):
            if case.id not in given:
                known.setdefault(content_of(case), []).append(case.id)
    numbers = count(len(there) + 1)
    for has_id, case in read:
        if has_id:
            yield case
        else:
            same = known.get(content_of(case))
            yield dataclasses.replace(case, id=same.pop() if same else _next(numbers, taken))


def _next(numbers: Iterator[int], taken: set[str]) -> str:
    return next(name for name in (f"case-{n:03d}" for n in numbers) if name not in taken)


def _has_id(row: Mapping[Any, Any]) -> bool:
    value = next((v for k, v in row.items() if isinstance(k, str) and k.strip() == "id"), None)
    is_missing = value is None or value == "" or value != value  # noqa: PLR0124 -- NaN
    return not is_missing and type(value).__name__ not in ("NAType", "NaTType")


def _key(case_id: str) -> str:
    return case_id if case_id.isascii() else normalize("NFC", case_id)
