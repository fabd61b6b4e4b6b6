"""An immutable version of a dataset: its cases and the digest of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar
from unicodedata import normalize

from llmops_magics.datasets.case import Case, case_from_row
from llmops_magics.datasets.packed import HELD_CASES, PackedCases
from llmops_magics.errors import DatasetError
from llmops_magics.record import Digest, Record, canonical_json

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
    cases: Sequence[Case] = field(repr=False, metadata={"stored": False})
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
    """Build a version; raises ``DatasetError`` if there is no row, or an id twice.

    The rows are gone through once and not kept.
    """
    ids = _Ids(name)
    dataset = dataset_from_cases(
        (ids.checked(case_from_row(row, position)) for position, row in enumerate(rows, 1)), name
    )
    if not dataset.cases:
        raise DatasetError(f"The dataset {name!r} is empty.", hint="It needs at least one case.")
    ids.refuse_repeated()
    return dataset


def refuse_repeated(cases: Iterable[Case], name: str) -> None:
    """Raise ``DatasetError`` for an id that is there twice, in whatever Unicode form."""
    ids = _Ids(name)
    for case in cases:
        ids.checked(case)
    ids.refuse_repeated()


class _Ids:
    """The ids of a dataset's cases, and which of them are there more than once."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._first: dict[str, str] = {}
        self._repeated: dict[str, str] = {}

    def checked(self, case: Case) -> Case:
        """Note a case's id and return the case."""
        key = case.id if case.id.isascii() else normalize("NFC", case.id)
        if key in self._first:
            self._repeated[case.id] = self._first[key]
        else:
            self._first[key] = case.id
        return case

    def refuse_repeated(self) -> None:
        """Raise if an id was there twice."""
        repeated = self._repeated
        if not repeated:
            return
        more = f" and {len(repeated) - _SHOWN} more" if len(repeated) > _SHOWN else ""
        twins = any(one != other for one, other in repeated.items())
        raise DatasetError(
            f"The dataset {self._name!r} has the same id twice: "
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
    content = Digest()
    content.update(b"[")
    separator = b""
    for line in lines:
        content.update(separator + line)
        separator = b","
    content.update(b"]")
    return content.tagged


def dataset_from_cases(cases: Iterable[Case], name: str, number: int = 0) -> DatasetVersion:
    """Build a version of cases that are known to be good; they are gone through once."""
    held: list[Case] | None = []
    packed, columns = bytearray(), set[str]()

    def lines() -> Iterator[bytes]:
        nonlocal held
        for case in cases:
            line = case_json(case)
            columns.update(case.inputs)
            packed.extend(line + b"\n")
            if held is not None:
                held.append(case)
                held = held if len(held) <= HELD_CASES else None
            yield line

    digest = digest_of(lines())
    return DatasetVersion(
        name=name[:MAX_NAME_CHARS],
        digest=digest,
        cases=PackedCases(bytes(packed)) if held is None else tuple(held),
        columns=tuple(sorted(columns)),
        number=number,
    )


def dataset_from_lines(content: bytes, name: str, number: int = 0) -> DatasetVersion:
    """Build a version of what ``to_jsonl`` of it gave."""
    packed = PackedCases(content)
    return DatasetVersion(
        name=name,
        digest=digest_of(packed.lines()),
        cases=packed if len(packed) > HELD_CASES else tuple(packed),
        columns=tuple(sorted({column for case in packed for column in case.inputs})),
        number=number,
    )


def to_jsonl(dataset: DatasetVersion) -> bytes:
    """Return the cases as canonical JSON, one a line: what is stored."""
    if isinstance(dataset.cases, PackedCases):
        return dataset.cases.content
    return b"".join(case_json(case) + b"\n" for case in dataset.cases)
