"""What differs between two versions of a dataset: by id, and field by field."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from llmops_magics.datasets.case import Case
from llmops_magics.datasets.dataset import DatasetVersion, case_json
from llmops_magics.datasets.shown import ShownRecord
from llmops_magics.record import canonical_json
from llmops_magics.redaction import redact_value

ABSENT = "(absent)"


@dataclass(frozen=True, kw_only=True)
class FieldChange:
    """One field that differs: an input's name, ``expected``, ``tags`` or ``metadata``.

    A field that one side has not is not the same as one that is None there.
    """

    field: str
    before: Any
    after: Any
    was_there: bool = True
    is_there: bool = True


@dataclass(frozen=True, kw_only=True)
class CaseChange:
    """A case that is in both and differs."""

    id: str
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, kw_only=True)
class DatasetDiff(ShownRecord):
    """What changed from one version to another; ids in the order of the version they stand in.

    ``renamed`` are cases that were removed under one id and added unchanged under another; they
    are in ``added`` and ``removed`` too. Values are masked unless the workspace shows all.
    """

    kind: ClassVar[str] = "dataset-diff"

    before: str
    after: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[CaseChange, ...]
    unchanged: int
    renamed: tuple[tuple[str, str], ...] = ()
    is_reordered: bool = False
    added_columns: tuple[str, ...] = ()
    removed_columns: tuple[str, ...] = ()
    is_schema_changed: bool = False

    @property
    def is_same(self) -> bool:
        """Tell whether both have the same cases in the same order."""
        return not (self.added or self.removed or self.changed or self.is_reordered)


def diff(
    before: DatasetVersion,
    after: DatasetVersion,
    *,
    is_schema_changed: bool = False,
    redacted: bool = True,
) -> DatasetDiff:
    """Compare two versions."""
    old, new = ({case.id: case for case in d.cases} for d in (before, after))
    common = [case_id for case_id in new if case_id in old]
    changes = (_changes(old[case_id], new[case_id], redacted) for case_id in common)
    changed = [CaseChange(id=i, fields=f) for i, f in zip(common, changes, strict=True) if f]
    added = tuple(case_id for case_id in new if case_id not in old)
    removed = tuple(case_id for case_id in old if case_id not in new)
    return DatasetDiff(
        before=before.ref,
        after=after.ref,
        added=added,
        removed=removed,
        changed=tuple(changed),
        unchanged=len(common) - len(changed),
        renamed=_renamed([old[i] for i in removed], [new[i] for i in added]),
        is_reordered=common != [case_id for case_id in old if case_id in new],
        added_columns=tuple(sorted(set(after.columns) - set(before.columns))),
        removed_columns=tuple(sorted(set(before.columns) - set(after.columns))),
        is_schema_changed=is_schema_changed,
    )


def content_of(case: Case) -> bytes:
    """Return what a case is beside its id: equal for equal JSON, so 1 is not 1.0 nor true."""
    return case_json(replace(case, id=""))


def _changes(old: Case, new: Case, redacted: bool) -> tuple[FieldChange, ...]:
    if old is new or content_of(old) == content_of(new):
        return ()
    found = []
    one, other = _fields(old), _fields(new)
    for name in dict.fromkeys((*one, *other)):
        was_there, is_there = name in one, name in other
        before, after = one.get(name), other.get(name)
        if was_there and is_there and canonical_json(before) == canonical_json(after):
            continue
        values = (redact_value(before), redact_value(after)) if redacted else (before, after)
        found.append(
            FieldChange(
                field=name,
                before=values[0],
                after=values[1],
                was_there=was_there,
                is_there=is_there,
            )
        )
    return tuple(found)


def _fields(case: Case) -> dict[str, Any]:
    return {
        **case.inputs,
        "expected": case.expected,
        "tags": list(case.tags),
        "metadata": case.metadata,
    }


def _renamed(removed: list[Case], added: list[Case]) -> tuple[tuple[str, str], ...]:
    """Return the ids of cases whose content is there once on either side."""
    if not removed or not added:
        return ()
    sides = [{content_of(case): case.id for case in cases} for cases in (removed, added)]
    counts = [Counter(map(content_of, cases)) for cases in (removed, added)]
    return tuple(
        (case_id, sides[1][content])
        for content, case_id in sides[0].items()
        if counts[0][content] == counts[1].get(content) == 1
    )
