"""Labelled queries: what is asked, and which documents or which parts of them answer it.

A label names a document and, where it has one, a span of characters in it, never a chunk: so it
survives another chunking.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from llmops_magics.datasets.case import Case
from llmops_magics.datasets.dataset import DatasetVersion, dataset_from_cases
from llmops_magics.record import to_jsonable

QUERY = "query"
SYNTHETIC = "synthetic"


@dataclass(frozen=True, kw_only=True)
class Relevant:
    """One judgement. ``grade`` 0 is judged and not relevant; of a document several count as one.

    ``start`` and ``end`` are character offsets into the document's text, both or neither. ``quote``
    is what stands there, where the label says so: it is held against the document.
    """

    document_id: str
    grade: int = 1
    start: int | None = None
    end: int | None = None
    quote: str = ""


@dataclass(frozen=True, kw_only=True)
class Query:
    """One question. ``group`` names queries that are alike, by which errors are clustered."""

    id: str
    text: str
    tags: tuple[str, ...] = ()
    relevant: tuple[Relevant, ...] = ()
    is_synthetic: bool = False
    group: str = ""

    @property
    def grades(self) -> dict[str, int]:
        """The grade of each judged document: the highest of its judgements."""
        grades: dict[str, int] = {}
        for label in self.relevant:
            grades[label.document_id] = max(label.grade, grades.get(label.document_id, label.grade))
        return grades

    @property
    def answers(self) -> tuple[Relevant, ...]:
        """The judgements that say something is relevant."""
        return tuple(label for label in self.relevant if label.grade > 0)

    @property
    def has_spans(self) -> bool:
        """Tell whether every answer names a span: then tokens can be counted."""
        return bool(self.answers) and all(label.start is not None for label in self.answers)


@dataclass(frozen=True, kw_only=True)
class QuerySet:
    """The queries that can be measured, and what was left out of the source, in sentences."""

    name: str
    queries: tuple[Query, ...]
    remarks: tuple[str, ...] = ()

    def as_dataset(self) -> DatasetVersion:
        """Return the queries as cases: what an eval run of a retriever is stored with."""
        return dataset_from_cases([_case(query) for query in self.queries], self.name)


def queries_of_cases(cases: Sequence[Case]) -> list[dict[str, Any]]:
    """Return cases as the rows that ``reader.read_rows`` reads; the inverse of ``as_dataset``."""
    return [
        {
            **case.inputs,
            "id": case.id,
            "tags": list(case.tags),
            "relevant": case.inputs.get("relevant", case.expected),
            "synthetic": case.metadata.get(SYNTHETIC, case.inputs.get(SYNTHETIC, False)),
            "group": case.metadata.get("group", ""),
        }
        for case in cases
    ]


def _case(query: Query) -> Case:
    metadata: dict[str, Any] = {"group": query.group} if query.group else {}
    if query.is_synthetic:
        metadata[SYNTHETIC] = True
    return Case(
        id=query.id,
        inputs={QUERY: query.text},
        expected=[_label(label) for label in query.relevant],
        tags=query.tags,
        metadata=metadata,
    )


def _label(label: Relevant) -> dict[str, Any]:
    body: dict[str, Any] = to_jsonable(label)
    return {name: value for name, value in body.items() if value not in (None, "")}
