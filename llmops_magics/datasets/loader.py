"""Load a dataset from a file, a pandas DataFrame or a list of dicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from llmops_magics.config.home import expanded
from llmops_magics.datasets.dataset import NAME_ATTRIBUTE, DatasetVersion, dataset_from_rows
from llmops_magics.datasets.reader import READERS
from llmops_magics.errors import DatasetError

if TYPE_CHECKING:
    import pandas as pd

    Source: TypeAlias = "Path | str | pd.DataFrame | list[dict[str, Any]]"


def load(source: Source, name: str | None = None) -> DatasetVersion:
    """Return the dataset in a file (by its ending), a DataFrame or a list of dicts.

    The name is the file's, without its ending, unless one is given. A DataFrame's index is not
    part of it. Raises ``DatasetError`` for anything that cannot be used; nothing is loaded then.
    """
    if isinstance(source, str | Path):
        path = expanded(source, DatasetError)
        return dataset_from_rows(_read(path), name or path.stem)
    rows, known = read_rows(source)
    return dataset_from_rows(rows, name or known)


def read_rows(source: Source) -> tuple[list[Mapping[Any, Any]], str]:
    """Return the rows of a source as they stand there, and the name it goes by."""
    if isinstance(source, str | Path):
        path = expanded(source, DatasetError)
        return list(_read(path)), path.stem
    known = getattr(source, "attrs", {}).get(NAME_ATTRIBUTE)
    return _rows(source), known or "dataset"


def _read(path: Path) -> Iterator[dict[str, Any]]:
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise DatasetError(
            f"{path.name!r} has the ending {path.suffix or 'none'!r}, which is no dataset's.",
            hint=f"Known endings: {', '.join(READERS)}.",
        )
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "is not there"
        raise DatasetError(
            f"The dataset file {path} {what}.", hint=f"The path is taken from {Path.cwd()}."
        )
    try:
        yield from reader(path)
    except OSError as error:
        raise DatasetError(f"Cannot read {path}: {error.strerror or error}.") from error


def _rows(source: Any) -> list[Mapping[Any, Any]]:
    if hasattr(source, "to_dict") and hasattr(source, "columns"):  # a DataFrame, pandas unimported
        if not source.columns.is_unique:
            repeated = source.columns[source.columns.duplicated()][0]
            raise DatasetError(f"The DataFrame has the column {repeated!r} twice.")
        rows: list[Mapping[Any, Any]] = source.to_dict("records")
        return rows
    if isinstance(source, list | tuple) and all(isinstance(row, Mapping) for row in source):
        return list(source)
    raise DatasetError(
        f"A {type(source).__name__} is no dataset.",
        hint="Give the path of a file, a pandas DataFrame or a list of dicts.",
    )
