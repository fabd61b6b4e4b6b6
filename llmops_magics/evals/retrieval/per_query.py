"""What each query found and missed, by retriever, the ones that missed most first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from llmops_magics.evals.retrieval.record import Fetched, Missed, QueryResult, QueryRow
from llmops_magics.redaction import redact
from llmops_magics.retrieval.measure.query import Query, Relevant
from llmops_magics.retrieval.measure.ranking import Hit, best_chunks


def query_rows(
    queries: Sequence[Query],
    hits: Mapping[str, Sequence[Sequence[Hit]]],
    *,
    k: int,
    broken: Mapping[str, str],
    redacted: bool,
) -> tuple[QueryRow, ...]:
    """Return a row a query; ``hits`` are by retriever, a list a query.

    Where every label has a span, ranks are of chunks: a span is found by the first chunk that
    holds a part of it. Else they are of documents.
    """
    rows = [
        QueryRow(
            query_id=query.id,
            text=redact(query.text) if redacted else query.text,
            tags=query.tags,
            relevant=len(wanted(query)),
            results=tuple(_result(query, name, own[number], k) for name, own in hits.items()),
            excluded=broken.get(query.id, ""),
        )
        for number, query in enumerate(queries)
    ]
    return tuple(sorted(rows, key=_need))


def wanted(query: Query) -> tuple[Relevant, ...]:
    """Return what is to be found: spans where all labels have one, else documents."""
    if query.has_spans:
        return query.answers
    return tuple(
        Relevant(document_id=document, grade=grade)
        for document, grade in query.grades.items()
        if grade > 0
    )


def _need(row: QueryRow) -> tuple[bool, float]:
    """Order rows: those that can be measured before those that cannot, the worst first."""
    return bool(row.excluded), -row.missed / max(1, row.relevant * len(row.results))


def _result(query: Query, retriever: str, hits: Sequence[Hit], k: int) -> QueryResult:
    listed = list(hits) if query.has_spans else best_chunks(hits)
    grades = query.grades
    placed = [(label, _rank(label, listed)) for label in wanted(query)]
    missed = [(label, rank) for label, rank in placed if rank is None or rank > k]
    return QueryResult(
        retriever=retriever,
        found=len(placed) - len(missed),
        fetched=tuple(
            Fetched(
                document_id=hit.document_id,
                rank=rank,
                score=hit.score,
                grade=grades.get(hit.document_id),
            )
            for rank, hit in enumerate(listed[:k], 1)
        ),
        missed=tuple(
            Missed(
                document_id=label.document_id,
                grade=label.grade,
                rank=rank,
                start=label.start,
                end=label.end,
            )
            for label, rank in missed
        ),
    )


def _rank(label: Relevant, listed: Sequence[Hit]) -> int | None:
    return next((rank for rank, hit in enumerate(listed, 1) if _holds(hit, label)), None)


def _holds(hit: Hit, label: Relevant) -> bool:
    if hit.document_id != label.document_id:
        return False
    if label.start is None or label.end is None:
        return True
    return hit.start < label.end and (hit.end is None or label.start < hit.end)
