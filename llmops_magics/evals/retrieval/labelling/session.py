"""A labelling under way: the pool, what was said of it, and the next passage to look at.

Every grade is in the store before the call returns. Whoever opens it again stands at the first
passage that they have not graded. What others said is not shown before one's own grade.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from llmops_magics.errors import UsageError
from llmops_magics.evals.retrieval.labelling.label import (
    GRADES,
    PassageKey,
    RelevanceLabel,
    Standing,
    joint_grade,
    standing,
    undone,
)
from llmops_magics.evals.retrieval.labelling.log import LabelLog
from llmops_magics.evals.retrieval.labelling.pool import (
    Pool,
    PooledPassage,
    query_digest,
    text_digest,
)
from llmops_magics.evals.retrieval.labelling.report import (
    MAX_QUERIES,
    SHOWN_CHARACTERS,
    LabelledQuery,
    RelevanceLabelling,
    agreement_of,
)
from llmops_magics.record import format_time, utc_now
from llmops_magics.redaction import redact
from llmops_magics.retrieval.measure.query import Query, QuerySet, Relevant


class LabelSession:
    """The labelling of one pool by one person."""

    def __init__(
        self,
        log: LabelLog,
        pool: Pool,
        *,
        name: str,
        index_fingerprint: str = "",
        redacted: bool = True,
    ) -> None:
        self.pool = pool
        self.name = name  # of the queries
        self.corpus = log.corpus
        self.labeller = log.actor()
        self._log = log
        self._fingerprint = index_fingerprint
        self._redacted = redacted
        self._rows: list[RelevanceLabel] = []
        self._standing: Standing = {}
        self._texts = {each.key: each.text_digest for each in pool.passages}
        self._places = {each.key: n for n, each in enumerate(pool.passages)}
        self.refresh()

    def __len__(self) -> int:
        return len(self.pool.passages)

    def passage(self, index: int) -> PooledPassage:
        """Return the passage at a place of the pool, counted from 0."""
        return self.pool.passages[index]

    def query_of(self, index: int) -> Query:
        """Return the query of the passage at a place."""
        return self.pool.queries[self.passage(index).query]

    def labels_at(self, index: int) -> Mapping[str, RelevanceLabel]:
        """Return what everybody says of a passage, by person; not of a text that was changed."""
        passage = self.passage(index)
        own = self._standing.get(passage.key, {})
        digest = self._texts[passage.key]
        return {who: label for who, label in own.items() if label.text_digest == digest}

    def grade_at(self, index: int) -> int | None:
        """Return this person's grade of a passage."""
        label = self.labels_at(index).get(self.labeller)
        return label.grade if label else None

    def first_open(self, start: int = 0) -> int | None:
        """Return the next place that this person has not graded, from ``start``, then from 0."""
        order = [*range(start, len(self)), *range(min(start, len(self)))]
        return next((index for index in order if self.grade_at(index) is None), None)

    def grade(self, index: int, grade: int) -> RelevanceLabel:
        """Say how relevant a passage is, from 0 to 3."""
        check_grade(grade)
        passage = self.passage(index)
        (made,) = self._log.append({passage.key: (grade, self._texts[passage.key])})
        self.refresh()
        return made

    def undo(self) -> tuple[RelevanceLabel, int | None] | None:
        """Take back this person's last label; return it, and its place if it is in the pool."""
        label = self._log.undo()
        self.refresh()
        return None if label is None else (label, self._places.get(label.key))

    def rows(self) -> Iterable[dict[str, Any]]:
        """Yield a row a passage with this person's grade, None where there is none yet."""
        for index, row in enumerate(self.pool.rows()):
            yield {**row, "grade": self.grade_at(index)}

    def take(self, rows: Iterable[tuple[str, Mapping[str, Any]]]) -> tuple[int, int]:
        """Take in rows that were filled in, each with where it stands; all of them or none.

        Returns how many labels are new, and how many rows are about no passage of this pool.
        """
        by_place = {self._address(index): index for index in range(len(self))}
        found: dict[int, int] = {}
        unknown = 0
        for where, row in rows:
            grade = row.get("grade")
            if grade is None:
                continue
            check_grade(grade, where)
            place = by_place.get(_address(row))
            if place is None or self.passage(place).text != row.get("text", ""):
                unknown += 1
            else:
                found[place] = grade
        new = {place: grade for place, grade in found.items() if self.grade_at(place) != grade}
        keys = {place: self.passage(place).key for place in new}
        self._log.append({keys[p]: (grade, self._texts[keys[p]]) for p, grade in new.items()})
        self.refresh()
        return len(new), unknown

    def refresh(self) -> None:
        """Take in what was said meanwhile, here and elsewhere."""
        last = self._rows[-1].id if self._rows else 0
        new = self._log.labels(after=last)
        self._rows.extend(new)
        if undone(new):
            self._standing = standing(self._rows)
        else:  # a key press must not cost what all before it cost
            for key, own in standing(new).items():
                self._standing.setdefault(key, {}).update(own)

    def as_queries(self, name: str, texts: Mapping[str, str]) -> QuerySet:
        """Return the queries that anybody labelled, with the joint grades; 0 is kept as judged.

        ``texts`` are the documents as they are now: a label made under another chunking is kept
        too as long as its span still holds the same text.
        """
        by_query = self._current(texts)
        queries = []
        for query in self.pool.queries:
            own = by_query.get(query_digest(query.text), {})
            relevant = tuple(
                Relevant(
                    document_id=key.document_id,
                    grade=joint_grade(labels),
                    start=key.start,
                    end=key.end,
                )
                for key, labels in sorted(own.items())
            )
            if relevant:
                queries.append(replace(query, relevant=relevant))
        return QuerySet(name=name, queries=tuple(queries))

    def report(self, **more: Any) -> RelevanceLabelling:
        """Return the state of the labelling, now."""
        labels = [self.labels_at(index) for index in range(len(self))]
        graded = [own for own in labels if own]
        joint = Counter(joint_grade(own.values()) for own in graded)
        mine = {query_digest(query.text) for query in self.pool.queries}
        keys = [key for key in self._standing if key.query_digest in mine]
        return RelevanceLabelling(
            corpus=self.corpus,
            index_fingerprint=self._fingerprint,
            queries=self.name,
            query_count=len(self.pool.queries),
            retrievers=self.pool.retrievers,
            k=self.pool.k,
            labeller=self.labeller,
            at=format_time(utc_now()),
            pooled=len(self),
            own=sum(self.labeller in own for own in labels),
            graded=len(graded),
            grades={str(grade): joint[grade] for grade in GRADES},
            elsewhere=sum(key not in self._texts for key in keys),
            outdated=sum(
                label.text_digest != self._texts[key]
                for key in keys
                if key in self._texts
                for label in self._standing[key].values()
            ),
            labellers=dict(Counter(who for own in labels for who in own).most_common()),
            agreement=agreement_of(labels),
            per_query=self._per_query(labels),
            session=self,
            **more,
        )

    def _current(
        self, texts: Mapping[str, str]
    ) -> dict[str, dict[PassageKey, list[RelevanceLabel]]]:
        """Return the labels that hold, by query and span."""
        found: dict[str, dict[PassageKey, list[RelevanceLabel]]] = {}
        for key, labels in self._standing.items():
            now = self._texts.get(key) or text_digest(
                texts.get(key.document_id, "")[key.start : key.end]
            )
            own = [label for label in labels.values() if label.text_digest == now]
            if own:
                found.setdefault(key.query_digest, {})[key] = own
        return found

    def _per_query(
        self, labels: Sequence[Mapping[str, RelevanceLabel]]
    ) -> tuple[LabelledQuery, ...]:
        own: dict[int, list[Mapping[str, RelevanceLabel]]] = {}
        for index, said in enumerate(labels):
            own.setdefault(self.passage(index).query, []).append(said)
        return tuple(
            self._query_row(query, own.get(number, []))
            for number, query in enumerate(self.pool.queries[:MAX_QUERIES])
        )

    def _query_row(
        self, query: Query, labels: Sequence[Mapping[str, RelevanceLabel]]
    ) -> LabelledQuery:
        graded = [own for own in labels if own]
        text = redact(query.text) if self._redacted else query.text
        return LabelledQuery(
            query_id=query.id,
            text=text[:SHOWN_CHARACTERS],
            pooled=len(labels),
            graded=len(graded),
            relevant=sum(joint_grade(own.values()) > 0 for own in graded),
            contested=sum(len({label.grade for label in own.values()}) > 1 for own in graded),
        )

    def _address(self, index: int) -> tuple[str, ...]:
        key = self.passage(index).key
        return self.query_of(index).id, key.document_id, str(key.start), str(key.end)


def check_grade(grade: Any, where: str = "") -> None:
    """Raise ``UsageError`` for what is no grade."""
    if isinstance(grade, bool) or not isinstance(grade, int) or grade not in GRADES:
        place = f"{where}: " if where else ""
        raise UsageError(
            f"{place}{grade!r:.40} is no grade.",
            hint="Grades are 0 (not relevant), 1 (related), 2 (relevant) and 3 (perfect).",
        )


def _address(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(row.get(name)) for name in ("query_id", "document_id", "start", "end"))
