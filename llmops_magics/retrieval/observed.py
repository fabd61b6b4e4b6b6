"""What the span of a retrieval says: the questions, and the passages with their scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from llmops_magics.retrieval.passage import Passage
from llmops_magics.tracing import semconv

if TYPE_CHECKING:
    from llmops_magics.tracing.operation import OpenSpan

MAX_QUERIES = 20  # a dataset's worth of questions may be asked at once
TEXT_CHARS = 500


def record_retrieval(
    span: OpenSpan, queries: Sequence[str], found: Sequence[Sequence[Passage]]
) -> None:
    """Put the questions and what they found on a span; texts only where content is kept."""
    empty = sum(not passages for passages in found)
    span.set(
        **{
            semconv.RETRIEVED: sum(map(len, found)),
            "llmops.retrieval.queries": len(queries),
            "llmops.retrieval.empty": empty,
        }
    )
    documents = [
        {
            "id": passage.document_id,
            "score": round(passage.score, 4),
            "rank": passage.rank,
            **({"query": number} if len(queries) > 1 else {}),
            **({"title": passage.title} if span.keeps_content else {}),
            **({"content": passage.text[:TEXT_CHARS]} if span.keeps_content else {}),
        }
        for number, passages in enumerate(found[:MAX_QUERIES])
        for passage in passages
    ]
    span.set(**{semconv.RETRIEVAL_DOCUMENTS: documents})
    if span.keeps_content:
        span.set(**{semconv.RETRIEVAL_QUERY: "\n".join(queries[:MAX_QUERIES])})
