"""The passages that are graded for a query: what several retrievers find, put together.

Judging one retriever's results alone would take what another finds as not relevant. The order is
shuffled, the same for the same query, and neither rank nor score nor retriever goes with a passage:
nobody who grades can tell who found it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from llmops_magics.evals.retrieval.labelling.label import PassageKey
from llmops_magics.record import digest_bytes
from llmops_magics.retrieval.measure.query import Query
from llmops_magics.retrieval.passage import Passage


@dataclass(frozen=True, kw_only=True)
class PooledPassage:
    """One passage to grade for one query."""

    key: PassageKey
    title: str
    text: str
    query: int  # its place among the queries

    @property
    def text_digest(self) -> str:
        """Digest of the text."""
        return text_digest(self.text)


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Queries with their passages; ``passages`` are in the queries' order, each query's shuffled.

    ``empty`` counts queries for which nothing was found.
    """

    queries: tuple[Query, ...]
    passages: tuple[PooledPassage, ...]
    retrievers: tuple[str, ...]
    k: int

    @property
    def empty(self) -> int:
        """How many queries have no passage."""
        return len(self.queries) - len({passage.query for passage in self.passages})

    def rows(self) -> Iterable[dict[str, Any]]:
        """Yield a row a passage, as it is written to a file to be filled in."""
        for each in self.passages:
            yield {
                "query_id": self.queries[each.query].id,
                "query": self.queries[each.query].text,
                "document_id": each.key.document_id,
                "start": each.key.start,
                "end": each.key.end,
                "title": each.title,
                "text": each.text,
            }


def query_digest(text: str) -> str:
    """Return the digest that stands for a query: the same words are the same query."""
    return text_digest(" ".join(text.split()))


def text_digest(text: str) -> str:
    """Return the digest of a text, whatever is in it."""
    return digest_bytes(text.encode("utf-8", "surrogatepass"))


def make_pool(
    queries: Sequence[Query], found: Mapping[str, Sequence[Sequence[Passage]]], k: int
) -> Pool:
    """Put together what each retriever found, a list a query."""
    passages: list[PooledPassage] = []
    for number, query in enumerate(queries):
        own = {
            pooled.key: pooled
            for lists in found.values()
            for passage in lists[number][:k]
            for pooled in [_pooled(passage, query, number)]
        }
        passages += sorted(own.values(), key=_place)
    return Pool(queries=tuple(queries), passages=tuple(passages), retrievers=tuple(found), k=k)


def _pooled(passage: Passage, query: Query, number: int) -> PooledPassage:
    end = passage.start + len(passage.text) if passage.end is None else passage.end
    key = PassageKey(query_digest(query.text), passage.document_id, passage.start, end)
    return PooledPassage(key=key, title=passage.title, text=passage.text, query=number)


def _place(passage: PooledPassage) -> str:
    content = "\0".join(map(str, passage.key))
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()
