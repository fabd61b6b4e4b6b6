"""An immutable version of a dataset: its cases and the digest of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar
from unicodedata import normalize

from llmops_magics.datasets.case import Case, case_from_row
from llmops_magics.errors import DatasetError
from llmops_magics.record import Record, canonical_json, digest_bytes

if TYPE_CHECKING:
    import pandas as pd

MAX_NAME_CHARS = 200
NAME_ATTRIBUTE = "llmops_dataset"
_SHOWN = 5  # ids in an error message


@dataclass(frozen=True, kw_only=True)
class DatasetVersion(Record):
    """Cases in their order.

    ``digest`` is taken of the cases alone: neither the name, nor the file's format, nor the order
    of its columns changes it. ``columns`` are the names of the inputs, sorted. ``number`` is that
    of the version of ``name``, 0 for one that is not registered. The cases are no part of the
    record's JSON: they hold what users typed, and may be many.
    """

    kind: ClassVar[str] = "dataset"

    name: str
    digest: str
    cases: tuple[Case, ...] = field(repr=False, metadata={"stored": False})
    columns: tuple[str, ...]
    number: int = field(default=0, compare=False)

    @property
    def ref(self) -> str:
        """The reference that always means these cases."""
        return f"{self.name}@{self.number or self.digest}"

    def __len__(self) -> int:
        return len(self.cases)

    def to_pandas(self) -> pd.DataFrame:
        """Return one row a case: id, the inputs, expected, tags and metadata.

        Loaded again it is the same dataset: its name travels in ``attrs``.
        """
        import pandas as pd

        frame = pd.DataFrame(
            {
                "id": case.id,
                **case.inputs,
                "expected": case.expected,
                "tags": list(case.tags),
                "metadata": case.metadata,
            }
            for case in self.cases
        )
        frame.attrs[NAME_ATTRIBUTE] = self.name
        return frame


def dataset_from_rows(rows: Iterable[Mapping[Any, Any]], name: str) -> DatasetVersion:
    """Build a version; raises ``DatasetError`` if there is no row, or an id twice."""
    cases = tuple(case_from_row(row, position) for position, row in enumerate(rows, 1))
    if not cases:
        raise DatasetError(f"The dataset {name!r} is empty.", hint="It needs at least one case.")
    refuse_repeated(cases, name)
    return dataset_from_cases(cases, name)


def refuse_repeated(cases: Iterable[Case], name: str) -> None:
    """Raise ``DatasetError`` for an id that is there twice, in whatever Unicode form."""
    first: dict[str, str] = {}
    repeated = {}
    for case in cases:
        key = case.id if case.id.isascii() else normalize("NFC", case.id)
        if key in first:
            repeated[case.id] = first[key]
        first.setdefault(key, case.id)
    if repeated:
        more = f" and {len(repeated) - _SHOWN} more" if len(repeated) > _SHOWN else ""
        twins = any(one != other for one, other in repeated.items())
        raise DatasetError(
            f"The dataset {name!r} has the same id twice: "
            f"{', '.join(list(repeated)[:_SHOWN])}{more}.",
            hint="Two Unicode forms of a text are one id; give every case an id of its own."
            if twins
            else "Give every case an id of its own, or none at all.",
        )


def case_json(case: Case) -> bytes:
    """Return ``canonical_json(case)``, the quick way where the case holds plain JSON."""
    try:
        return json.dumps(
            {
                "expected": case.expected,
                "id": case.id,
                "inputs": case.inputs,
                "metadata": case.metadata,
                "tags": case.tags,
            },
            sort_keys=True,
            separators=(",", ":"),
            ensure_ascii=False,
            allow_nan=False,
        ).encode()
    except (TypeError, ValueError):  # decimals, times, NaN, lone surrogates
        return canonical_json(case)


def digest_of(lines: Iterable[bytes]) -> str:
    """Return the digest of a list of cases, from the canonical JSON of each."""
    return digest_bytes(b"[" + b",".join(lines) + b"]")


def dataset_from_cases(cases: tuple[Case, ...], name: str, number: int = 0) -> DatasetVersion:
    """Build a version of cases that are known to be good."""
    return DatasetVersion(
        name=name[:MAX_NAME_CHARS],
        digest=digest_of(map(case_json, cases)),
        cases=cases,
        columns=tuple(sorted({column for case in cases for column in case.inputs})),
        number=number,
    )
