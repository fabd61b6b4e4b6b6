"""Dataset versions in the store: the cases as one artifact, found by digest or by name."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from llmops_magics.audit import trail
from llmops_magics.audit.actor import current_actor
from llmops_magics.datasets.case import Case
from llmops_magics.datasets.dataset import DatasetVersion, dataset_from_cases
from llmops_magics.datasets.loader import load
from llmops_magics.datasets.reader import READERS
from llmops_magics.errors import DatasetError, StoreError
from llmops_magics.record import canonical_json, format_time, utc_now
from llmops_magics.storage.table import dataset_version

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Row

    from llmops_magics.storage.store import Store

_DIGEST = re.compile(r"sha256:[0-9a-f]{8,64}")


class DatasetRegistry:
    """The datasets of one store."""

    def __init__(self, store: Store, *, actor: Callable[[], str] = current_actor) -> None:
        self._store = store
        self._actor = actor

    def register(self, dataset: DatasetVersion) -> DatasetVersion:
        """Keep a dataset; one with the same cases is kept once, under its first name.

        The artifact is written first: a crash in between leaves an artifact that nothing names,
        never a row without its cases.
        """
        if self._find_digest(dataset.digest) is not None:
            return dataset
        artifact = self._store.artifacts.put(to_jsonl(dataset))
        row = {
            "digest": dataset.digest,
            "name": dataset.name,
            "case_count": len(dataset.cases),
            "artifact": artifact,
            "created_at": format_time(utc_now()),
        }
        try:
            with self._store.write() as connection:
                connection.execute(insert(dataset_version).values(row))
                trail.append(
                    connection,
                    actor=self._actor(),
                    action="dataset.register",
                    resource=f"dataset/{dataset.name}",
                    body={"digest": dataset.digest, "cases": len(dataset.cases)},
                )
        except IntegrityError:
            if self._find_digest(dataset.digest) is None:  # not another process's same dataset
                raise
        return dataset

    def get(self, reference: str) -> DatasetVersion:
        """Return a dataset: the newest of ``name``, or that of a digest (8 digits or more).

        A digest may stand behind a name, ``name@sha256:ab12cd34``: it alone decides, since the
        same cases may be known by several names.
        """
        with self._store.read() as connection:
            row = _find(connection, reference)
        cases = tuple(map(_read_case, self._store.artifacts.get(row.artifact).splitlines()))
        dataset = dataset_from_cases(cases, row.name)
        if dataset.digest != row.digest:
            raise StoreError(
                f"The dataset {row.name!r} is damaged: its cases are not its digest.",
                hint="Load it from its file again.",
            )
        return dataset

    def read(self, source: Any) -> DatasetVersion:
        """Return what a file, a DataFrame, rows or a reference means; nothing is written.

        A text is a file where it ends like one of a dataset's (``.csv``, ``.jsonl``, …), else a
        dataset that is registered: ``name``, its digest, or ``name@sha256:…``.
        """
        if isinstance(source, DatasetVersion):
            return source
        if not isinstance(source, str) or Path(source).suffix.lower() in READERS:
            return load(source)
        try:
            return self.get(source)
        except DatasetError:
            if Path(source).suffix:
                return load(source)  # says which endings are known
            raise

    def resolve(self, source: Any) -> DatasetVersion:
        """Return what ``read`` does, registered."""
        return self.register(self.read(source))

    def _find_digest(self, digest: str) -> Row[Any] | None:
        with self._store.read() as connection:
            return connection.execute(
                select(dataset_version).where(dataset_version.c.digest == digest)
            ).first()


def to_jsonl(dataset: DatasetVersion) -> bytes:
    """Return the cases as canonical JSON, one a line."""
    return b"".join(canonical_json(case) + b"\n" for case in dataset.cases)


def _read_case(line: bytes) -> Case:
    data = json.loads(line)
    return Case(**{**data, "tags": tuple(data["tags"])})


def _find(connection: Connection, reference: str) -> Row[Any]:
    table = dataset_version.c
    reference = reference.rpartition("@")[2] if "@sha256:" in reference else reference
    by_digest = bool(_DIGEST.fullmatch(reference))
    condition = table.digest.startswith(reference) if by_digest else table.name == reference
    order = (table.created_at.desc(), table.digest)
    rows = connection.execute(select(dataset_version).where(condition).order_by(*order)).all()
    if not rows:
        names = connection.execute(select(table.name).distinct().order_by(table.name)).scalars()
        there = ", ".join(list(names)[:10]) or "none"
        raise DatasetError(
            f"There is no dataset {reference!r}.",
            hint=f"Give a file, a variable of the notebook, or one of these: {there}.",
        )
    if by_digest and len(rows) > 1:
        raise DatasetError(f"{reference} fits {len(rows)} datasets.", hint="Give more digits.")
    return rows[0]
