"""A corpus small enough to rank by eye, a retriever that returns what it is told, and a check."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from llmops_magics.datasets.registry import DatasetRegistry
from llmops_magics.evals.history import RunHistory
from llmops_magics.evals.retrieval.check import RetrievalCheck
from llmops_magics.evals.retrieval.request import CheckRequest
from llmops_magics.evals.retrieval.searching import Source
from llmops_magics.retrieval.access import ANONYMOUS
from llmops_magics.retrieval.chunking.chunk import Chunk
from llmops_magics.retrieval.measure.query import Query, QuerySet, Relevant
from llmops_magics.retrieval.measure.text import texts_of_chunks
from llmops_magics.retrieval.passage import Passage
from llmops_magics.retrieval.search.lexical import LexicalSearcher

WORDS = ("refund", "parcel", "invoice", "password", "warranty", "holiday", "carpet", "engine")
CHUNKS = tuple(
    Chunk(
        id=f"c{n}", document_id=f"d{n}", number=0, start=0, end=len(text), text=text,
        token_count=len(text.split()),
    )
    for n, text in enumerate(f"All about the {word} and nothing else." for word in WORDS)
)  # fmt: skip


@dataclass
class Listed:
    """Returns the documents it is told, scored by rank."""

    lists: dict[str, list[str]]
    name: str = "listed"
    asked: list[int] = field(default_factory=list)

    def search(self, queries, *, k, principal):
        self.asked.append(k)
        return [self._found(query)[:k] for query in queries]

    def _found(self, query):
        return [
            Passage(document_id=document, text="", score=1 / rank, rank=rank)
            for rank, document in enumerate(self.lists.get(query, []), 1)
        ]


def query(number, document=None, **changes):
    relevant = changes.pop("relevant", (Relevant(document_id=document or f"d{number}"),))
    text = changes.pop("text", f"Where is the {WORDS[number % len(WORDS)]}?")
    return Query(id=f"q{number}", text=text, relevant=relevant, **changes)


def queries(count=8, **changes):
    return QuerySet(name="asked", queries=tuple(query(n, **changes) for n in range(count)))


def lexical():
    return LexicalSearcher(lambda: CHUNKS)


def listed(found, name="listed"):
    """Return a retriever that ranks for each query what ``found`` gives for its number."""
    return Listed({query(n).text: found(n) for n in range(len(WORDS))}, name=name)


def source(*searchers, corpus="docs", fingerprint=lambda: "sha256:index"):
    return Source(
        corpus=corpus,
        fingerprint=fingerprint,
        facts={"chunker": "whole"},
        texts=texts_of_chunks(CHUNKS),
        searchers=searchers or (lexical(),),
        cost_usd={searcher.name: Decimal(0) for searcher in searchers or (lexical(),)},
    )


def make_check(store, asked=None, over=None, **changes):
    asked = asked or queries()
    dataset = DatasetRegistry(store).register(asked.as_dataset())
    request = CheckRequest(queries=asked, dataset=dataset, principal=ANONYMOUS, **changes)
    return RetrievalCheck(request, over or source(), RunHistory(store), store)
