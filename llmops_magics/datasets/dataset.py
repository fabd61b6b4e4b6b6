"""An immutable version of a dataset: its cases and the digest of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from llmops_magics.datasets.case import Case, case_from_row
from llmops_magics.errors import DatasetError
from llmops_magics.record import Record, digest

if TYPE_CHECKING:
    import pandas as pd

MAX_NAME_CHARS = 200
NAME_ATTRIBUTE = "llmops_dataset"
_SHOWN = 5  # ids in an error message


@dataclass(frozen=True, kw_only=True)
class DatasetVersion(Record):
    """Cases in their order.

    ``digest`` is taken of the cases alone: neither the name, nor the file's format, nor the order
    of its columns changes it. ``columns`` are the names of the inputs, sorted.
    """

    kind: ClassVar[str] = "dataset"

    name: str
    digest: str
    cases: tuple[Case, ...]
    columns: tuple[str, ...]

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
    repeated = [case_id for case_id, count in Counter(c.id for c in cases).items() if count > 1]
    if repeated:
        more = f" and {len(repeated) - _SHOWN} more" if len(repeated) > _SHOWN else ""
        raise DatasetError(
            f"The dataset {name!r} has the same id twice: {', '.join(repeated[:_SHOWN])}{more}.",
            hint="Give every case an id of its own, or none at all.",
        )
    return dataset_from_cases(cases, name)


def dataset_from_cases(cases: tuple[Case, ...], name: str) -> DatasetVersion:
    """Build a version of cases that are known to be good."""
    return DatasetVersion(
        name=name[:MAX_NAME_CHARS],
        digest=digest(cases),
        cases=cases,
        columns=tuple(sorted({column for case in cases for column in case.inputs})),
    )
