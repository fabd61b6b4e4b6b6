"""What somebody said of one passage for one query, and what stands when all is said.

A passage is named by its source and span, never by the id of a chunk, so a label survives another
chunking. A grade is written once and never changed: a later one of the same person counts instead,
and taking one back is a row of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

GRADES: Final = {0: "not relevant", 1: "related", 2: "relevant", 3: "perfect"}


class PassageKey(NamedTuple):
    """A query by the digest of its text, and a span of a document by its characters."""

    query_digest: str
    document_id: str
    start: int
    end: int


@dataclass(frozen=True, kw_only=True)
class RelevanceLabel:
    """One row; ``grade`` is None where it takes back the row ``undoes``.

    ``text_digest`` is that of the text that stood at the span: where another stands now, the label
    is of something else and counts no more.
    """

    id: int
    corpus: str
    query_digest: str
    document_id: str
    start: int
    end: int
    text_digest: str
    grade: int | None
    undoes: int | None
    actor: str
    at: str

    @property
    def key(self) -> PassageKey:
        """What it is about."""
        return PassageKey(self.query_digest, self.document_id, self.start, self.end)


Standing = dict[PassageKey, dict[str, RelevanceLabel]]
"""By passage and person, the label that counts."""


def standing(labels: Iterable[RelevanceLabel]) -> Standing:
    """Return the newest label of each person that was not taken back; the oldest come first."""
    rows = list(labels)
    gone = undone(rows)
    state: Standing = {}
    for row in rows:
        if row.grade is not None and row.id not in gone:
            state.setdefault(row.key, {})[row.actor] = row
    return state


def undone(labels: Iterable[RelevanceLabel]) -> frozenset[int]:
    """Return the ids of the rows that were taken back."""
    return frozenset(row.undoes for row in labels if row.undoes is not None)


def joint_grade(labels: Iterable[RelevanceLabel]) -> int:
    """Return the grade that several people give together: the median, of two the lower."""
    grades = sorted(label.grade for label in labels if label.grade is not None)
    return grades[(len(grades) - 1) // 2]
