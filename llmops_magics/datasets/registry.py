"""Dataset versions in the store: cases kept once by content, numbered under each name.

A version is never changed: ``name@3`` means the same cases and schema for ever. What decides and
what is written stand in one transaction with the audit event. Cases are written as they are given,
since evals need them; the audit trail has digests and counts alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select

from llmops_magics.audit import trail
from llmops_magics.audit.actor import current_actor
from llmops_magics.datasets import freezing
from llmops_magics.datasets.dataset import DatasetVersion, dataset_from_lines, to_jsonl
from llmops_magics.datasets.loader import load
from llmops_magics.datasets.reader import READERS
from llmops_magics.datasets.reference import (
    StoredVersion,
    check_name,
    find,
    newest_of,
    newest_versions,
    versions_of,
    with_digest,
)
from llmops_magics.datasets.schema import infer_schema
from llmops_magics.errors import DatasetError, StoreError
from llmops_magics.record import format_time, utc_now
from llmops_magics.storage.table import dataset_content, dataset_version

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from llmops_magics.storage.store import Store


@dataclass(frozen=True, kw_only=True)
class Commit:
    """What a new version is made with, beside its cases.

    ``schema`` None is inferred from them. With ``is_explicit`` the cases become the newest version
    even if the name had them before; an eval that reads a file again makes none. ``expected_base``
    is the newest version the cases were made from: another writer's version since then is refused.
    """

    message: str = ""
    schema: Mapping[str, Any] | None = None
    is_explicit: bool = False
    expected_base: int | None = None


_PLAIN = Commit()


class DatasetRegistry:
    """The datasets of one store."""

    def __init__(self, store: Store, *, actor: Callable[[], str] = current_actor) -> None:
        self._store = store
        self._actor = actor

    def register(self, dataset: DatasetVersion, commit: Commit = _PLAIN) -> DatasetVersion:
        """Return the version of a dataset's name that has its cases, made if there is none.

        The artifact is written first: a crash in between leaves an artifact that nothing names,
        never a row without its cases. Raises ``DatasetError`` if a frozen name had to grow.
        """
        if dataset.number and not commit.is_explicit:
            with self._store.read() as connection:
                there = with_digest(connection, dataset.name, dataset.digest)
            if there is not None:
                return dataset
        there = self._find_existing(dataset, commit)
        if there is not None:
            return replace(dataset, number=there.number)
        artifact = self._store.artifacts.put(to_jsonl(dataset))
        schema = commit.schema if commit.schema is not None else infer_schema(dataset.cases)
        with self._store.write(lock=f"dataset {dataset.name}") as connection:
            there = _existing(connection, dataset, commit)  # another process may have been quicker
            if there is not None:
                return replace(dataset, number=there.number)
            freezing.refuse_frozen(connection, dataset.name)
            self._keep_content(connection, dataset, artifact)
            number = self._write(connection, dataset, commit, schema)
        return replace(dataset, number=number)

    def get(self, reference: str) -> DatasetVersion:
        """Return a dataset: ``name`` (newest), ``name@3``, ``name@sha256:…`` or a digest.

        A digest has 8 digits or more and alone decides, whatever name stands before it.
        """
        return self.load(self.version(reference))

    def load(self, version: StoredVersion) -> DatasetVersion:
        """Return the cases of a version; raises ``StoreError`` if they are not its digest's."""
        content = self._store.artifacts.get(version.artifact)
        dataset = dataset_from_lines(content, version.name, version.number)
        if dataset.digest != version.digest:
            raise StoreError(
                f"The dataset {version.ref!r} is damaged: its cases are not its digest.",
                hint="Load it from its file again.",
            )
        return dataset

    def version(self, reference: str) -> StoredVersion:
        """Return what is stored of a version, without its cases."""
        with self._store.read() as connection:
            return find(connection, reference)

    def newest(self, name: str) -> StoredVersion | None:
        """Return the newest version of a name, None if there is none."""
        with self._store.read() as connection:
            return newest_of(connection, name)

    def versions(self, name: str) -> tuple[StoredVersion, ...]:
        """Return every version of a name, the oldest first."""
        with self._store.read() as connection:
            return versions_of(connection, name)

    def names(self) -> Sequence[str]:
        """Return the names of the datasets."""
        with self._store.read() as connection:
            return [version.name for version in newest_versions(connection)]

    def freeze(self, name: str, *, frozen: bool = True, reason: str = "") -> freezing.DatasetFreeze:
        """Refuse further versions of a name; with ``frozen`` off allow them again, by a reason."""
        with self._store.write(lock=f"dataset {name}") as connection:
            version = find(connection, name)
            if version.name == name or version.number == find(connection, version.name).number:
                return freezing.write_state(
                    connection, version, frozen=frozen, actor=self._actor(), reason=reason
                )
        raise DatasetError(
            f"{version.ref} is not the newest version of {version.name}.",
            hint="A name is frozen at its newest version; older ones never change.",
        )

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

    def _find_existing(self, dataset: DatasetVersion, commit: Commit) -> StoredVersion | None:
        with self._store.read() as connection:
            return _existing(connection, dataset, commit)

    def _keep_content(self, connection: Connection, dataset: DatasetVersion, artifact: str) -> None:
        if connection.dialect.name == "postgresql":  # SQLite's write lock is held already
            from sqlalchemy.dialects.postgresql import insert as upsert

            adding: Any = upsert(dataset_content).on_conflict_do_nothing()
        else:
            digest = dataset_content.c.digest
            query = select(digest).where(digest == dataset.digest)
            if connection.execute(query).first() is not None:
                return
            adding = insert(dataset_content)
        row = {
            "digest": dataset.digest,
            "name": dataset.name,
            "case_count": len(dataset.cases),
            "artifact": artifact,
            "created_at": format_time(utc_now()),
        }
        connection.execute(adding.values(row))

    def _write(
        self,
        connection: Connection,
        dataset: DatasetVersion,
        commit: Commit,
        schema: Mapping[str, Any],
    ) -> int:
        newest, actor = newest_of(connection, dataset.name), self._actor()
        before = newest.number if newest else 0
        if commit.expected_base is not None and commit.expected_base != before:
            raise DatasetError(
                f"{dataset.name} has become @{before} meanwhile, by {newest and newest.author}.",
                hint="Do it again: nothing was written.",
            )
        row = {
            "name": dataset.name,
            "number": before + 1,
            "digest": dataset.digest,
            "schema": dict(schema),
            "is_schema_set": commit.schema is not None,
            "message": commit.message,
            "author": actor,
            "created_at": format_time(utc_now()),
        }
        connection.execute(insert(dataset_version).values(row))
        trail.append(
            connection,
            actor=actor,
            action="dataset.register",
            resource=f"dataset/{dataset.name}",
            body={
                "number": before + 1,
                "digest": dataset.digest,
                "cases": len(dataset.cases),
                "message": commit.message,
            },
        )
        return before + 1


def _existing(
    connection: Connection, dataset: DatasetVersion, commit: Commit
) -> StoredVersion | None:
    """Return the version that makes a new one needless."""
    if not commit.is_explicit:
        return with_digest(connection, dataset.name, dataset.digest)
    newest = newest_of(connection, check_name(dataset.name))
    if newest is None or newest.digest != dataset.digest:
        return None
    if commit.schema is None:
        return None if newest.is_schema_set else newest
    is_same = newest.is_schema_set and newest.schema == dict(commit.schema)
    return newest if is_same else None
