"""The relevance labels of a store: appended, each key press with its audit event.

A label is there as soon as ``append`` returns, whatever becomes of the kernel after that. Neither
a query's text nor a passage's is written, only their digests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select

from llmops_magics.audit import trail
from llmops_magics.audit.actor import current_actor
from llmops_magics.evals.retrieval.labelling.label import PassageKey, RelevanceLabel, undone
from llmops_magics.record import digest, format_time, utc_now
from llmops_magics.storage.table import relevance_label

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from llmops_magics.storage.store import Store


class LabelLog:
    """What people said of the passages of one corpus."""

    def __init__(
        self, store: Store, corpus: str, *, actor: Callable[[], str] = current_actor
    ) -> None:
        self.corpus = corpus
        self.actor = actor
        self._store = store

    def append(self, grades: Mapping[PassageKey, tuple[int, str]]) -> tuple[RelevanceLabel, ...]:
        """Write a grade and the digest of its text for each passage, all of them or none."""
        actor, at = self.actor(), format_time(utc_now())
        if not grades:
            return ()
        with self._store.write(lock=f"labels {self.corpus}") as connection:
            made = tuple(
                _write(
                    connection,
                    {
                        **self._where(key),
                        "text_digest": text_digest,
                        "grade": grade,
                        "undoes": None,
                        "actor": actor,
                        "at": at,
                    },
                )
                for key, (grade, text_digest) in grades.items()
            )
            self._tell(connection, actor, "label", made)
        return made

    def undo(self) -> RelevanceLabel | None:
        """Take back this person's last label that still stands, and return it.

        None where there is none: nobody takes back what another said.
        """
        actor = self.actor()
        with self._store.write(lock=f"labels {self.corpus}") as connection:
            rows = _read(connection, self.corpus, 0)
            gone = undone(rows)
            own = (r for r in reversed(rows) if r.actor == actor and r.grade is not None)
            last = next((row for row in own if row.id not in gone), None)
            if last is not None:
                values = {
                    **self._where(last.key),
                    "text_digest": last.text_digest,
                    "grade": None,
                    "undoes": last.id,
                    "actor": actor,
                    "at": format_time(utc_now()),
                }
                self._tell(connection, actor, "undo", (_write(connection, values),))
        return last

    def labels(self, *, after: int = 0) -> tuple[RelevanceLabel, ...]:
        """Return all that was said, the oldest first; ``after`` is the id of the last known."""
        with self._store.read() as connection:
            return _read(connection, self.corpus, after)

    def _where(self, key: PassageKey) -> dict[str, Any]:
        return {"corpus": self.corpus, **key._asdict()}

    def _tell(
        self,
        connection: Connection,
        actor: str,
        action: str,
        made: tuple[RelevanceLabel, ...],
    ) -> None:
        trail.append(
            connection,
            actor=actor,
            action=f"relevance.{action}",
            resource=f"corpus/{self.corpus}",
            body={"ids": [made[0].id, made[-1].id], "rows": digest(made)},
        )


def _read(connection: Connection, corpus: str, after: int) -> tuple[RelevanceLabel, ...]:
    columns = relevance_label.c
    query = select(relevance_label).where(columns.corpus == corpus, columns.id > after)
    rows = connection.execute(query.order_by(columns.id)).mappings()
    return tuple(RelevanceLabel(**row) for row in rows)


def _write(connection: Connection, values: dict[str, Any]) -> RelevanceLabel:
    made = connection.execute(insert(relevance_label).values(values)).inserted_primary_key
    return RelevanceLabel(id=int(made[0]) if made is not None else 0, **values)
