"""The record of a synthesis: how many questions came of how many chunks, and why not more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from llmops_magics.record import Record
from llmops_magics.redaction import redact
from llmops_magics.retrieval.measure.query import Query

if TYPE_CHECKING:
    import pandas as pd

SHOWN_QUERIES = 50
SHOWN_CHARACTERS = 400


@dataclass(frozen=True, kw_only=True)
class SyntheticQuery:
    """One question with the span that answers it; texts are cut to a few hundred characters."""

    query_id: str
    question: str
    document_id: str
    start: int
    end: int
    quote: str


@dataclass(frozen=True, kw_only=True)
class QuerySynthesis(Record):
    """What a model wrote about a corpus.

    ``dataset`` is the version that the questions are in, empty where none could be used.
    ``dropped`` counts by reason what could not, ``queries`` are the first of those that could.
    ``cost_usd`` is what was spent this time, None where a price is unknown.
    """

    kind: ClassVar[str] = "query-synthesis"

    corpus: str
    index_fingerprint: str = ""
    dataset: str = ""
    dataset_digest: str = ""
    prompt: str
    model: str
    seed: int
    principal: str
    asked: int
    written: int
    dropped: dict[str, int]
    documents: int  # that the questions are about
    candidates: int
    candidate_documents: int
    too_short: int
    unreadable: int
    run_id: str
    cost_usd: Decimal | None
    queries: tuple[SyntheticQuery, ...]

    def to_pandas(self) -> pd.DataFrame:
        """Return one row a question, of the first fifty."""
        import pandas as pd

        return pd.DataFrame([vars(query) for query in self.queries])


def shown_queries(queries: Iterable[Query], *, redacted: bool) -> tuple[SyntheticQuery, ...]:
    """Return the first questions as they are shown."""

    def text(written: str) -> str:
        return (redact(written) if redacted else written)[:SHOWN_CHARACTERS]

    return tuple(
        SyntheticQuery(
            query_id=query.id,
            question=text(query.text),
            document_id=text(label.document_id),
            start=label.start or 0,
            end=label.end or 0,
            quote=text(label.quote),
        )
        for query in list(queries)[:SHOWN_QUERIES]
        for label in query.relevant[:1]
    )
