"""The trials of a sweep: cut once, embed once, then search and score in every way.

Trials are grouped by how documents are cut, and a cut is held only as long as it is worked on.
Vectors go through the cache that index builds use: what a sweep made a build finds there, and
Ctrl-C loses none. No index is built for a trial: search is exact, in memory, because what is swept
is chunks and vectors and not how an index approximates.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from llmops_magics.evals.retrieval.scoring import Scoring
from llmops_magics.evals.retrieval.sweep.grid import Grid, base
from llmops_magics.evals.retrieval.sweep.remembered import Remembered
from llmops_magics.models.local.embedding import TruncationWarning
from llmops_magics.retrieval.access import Principal
from llmops_magics.retrieval.chunking.chunk import Chunk
from llmops_magics.retrieval.chunking.chunker import Chunker
from llmops_magics.retrieval.chunking.corpus import ChunkedCorpus, chunk_documents
from llmops_magics.retrieval.chunking.registry import chunker
from llmops_magics.retrieval.chunking.tokenizer import tokenizer_of
from llmops_magics.retrieval.document import Document
from llmops_magics.retrieval.embedding.cached import embed_counted
from llmops_magics.retrieval.embedding.embedder import Embedder, embed_checked
from llmops_magics.retrieval.measure.ranking import hits_of
from llmops_magics.retrieval.search.exact import ExactSearcher
from llmops_magics.retrieval.search.lexical import LexicalSearcher
from llmops_magics.retrieval.search.searcher import Searcher
from llmops_magics.retrieval.search.spec import LEXICAL, make_searcher

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from llmops_magics.retrieval.embedding.cache import EmbeddingCache

    Vectors = npt.NDArray[np.float32]

Progress = Callable[[str, int, int], None]
Values = tuple[float | None, ...]


@dataclass(frozen=True, kw_only=True)
class Material:
    """What every trial is made of. ``price`` says what so many tokens of an embedder cost."""

    corpus: str
    documents: Sequence[Document]
    embedders: Callable[[str], Embedder]
    cache: EmbeddingCache | None = None
    price: Callable[[Embedder, int], Decimal | None] = lambda _embedder, _tokens: None
    namespace: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Group:
    """One way to cut, and the embedders that its chunks are tried with, by their specs."""

    chunker: Chunker
    embedders: Mapping[str, Embedder]


@dataclass(frozen=True, kw_only=True)
class Cut:
    """The chunks of a group, and the tokens of each as it is embedded, behind its title."""

    chunked: ChunkedCorpus
    lengths: tuple[int, ...]

    @cached_property
    def texts(self) -> dict[str, int]:
        """The distinct texts that are embedded, with their tokens."""
        chunks = self.chunked.chunks
        return {c.embedded_text: n for c, n in zip(chunks, self.lengths, strict=True)}

    @cached_property
    def tokens(self) -> int:
        """How many tokens an embedder reads for all of them."""
        return sum(self.texts.values())

    def too_long(self, embedder: Embedder) -> int:
        """Count the chunks that an embedder does not read to their ends."""
        limit = getattr(embedder, "max_tokens", None)
        return 0 if limit is None else sum(length > limit for length in self.lengths)


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One configuration: ``values`` holds a number a query for each metric, without its ``@k``."""

    chunker: str
    embedding: str
    retriever: str
    k: int
    chunks: int
    too_long: int
    tokens: int
    cost_usd: Decimal | None
    context_tokens: float
    ms_per_query: float
    values: Mapping[str, Values]


def groups(grid: Grid, material: Material) -> list[Group]:
    """Return the pairs of a grid by how they cut; two tokenizers cut in two ways."""
    found: dict[str, tuple[Chunker, dict[str, Embedder]]] = {}
    for spec, embedding in grid.pairs:
        embedder = material.embedders(embedding)
        cutter = chunker(spec, tokenizer_of(embedder))
        _, own = found.setdefault(cutter.fingerprint, (cutter, {}))
        own[embedding] = embedder
    return [Group(chunker=cutter, embedders=own) for cutter, own in found.values()]


def cut(material: Material, group: Group, on_progress: Progress | None = None) -> Cut:
    """Cut the documents and count what an embedder will read."""
    title = f"{material.corpus}: cut, {group.chunker.name}"

    def tell(done: int, total: int) -> None:
        if on_progress is not None:
            on_progress(title, done, total)

    chunked = chunk_documents(material.documents, group.chunker, on_progress=tell)
    tokenizer = group.chunker.tokenizer
    titles = {""}.union(chunk.title for chunk in chunked.chunks)
    added = {title: tokenizer.count(f"{title}. ") if title else 0 for title in titles}
    special = tokenizer.special_tokens
    lengths = tuple(c.token_count + added[c.title] + special for c in chunked.chunks)
    return Cut(chunked=chunked, lengths=lengths)


class Trials:
    """Runs the trials of a grid; ``embedded`` and ``reused`` count texts."""

    def __init__(
        self,
        material: Material,
        grid: Grid,
        scoring: Scoring,
        *,
        principal: Principal,
        depth: int,
        on_progress: Progress | None = None,
    ) -> None:
        self.embedded = self.reused = 0
        self.remarks: list[str] = []
        self._material = material
        self._grid = grid
        self._scoring = scoring
        self._principal = principal
        self._depth = max(depth, *grid.ks)
        self._tell = on_progress
        self._texts = [query.text for query in scoring.queries]
        self._asked: dict[str, tuple[Vectors, float]] = {}

    def run(self) -> Iterator[Measured]:
        """Yield every configuration, one a retriever and k."""
        for group in groups(self._grid, self._material):
            own = cut(self._material, group, self._tell)
            self._remark(group, own)
            lexical = LexicalSearcher(lambda own=own: own.chunked.chunks)  # type: ignore[misc]
            lexical.search([], k=1, principal=self._principal)  # counts the words: not a query's
            kept = Remembered(lexical)
            for place, (embedding, embedder) in enumerate(group.embedders.items()):
                yield from self._searched(own, embedding, embedder, kept, is_first=not place)

    def _remark(self, group: Group, own: Cut) -> None:
        name = group.chunker.name
        self.remarks += [f"{name}: {words}" for words in own.chunked.remarks]
        for embedder in group.embedders.values():
            count = own.too_long(embedder)
            if count and self._grid.needs_vectors:
                self.remarks.append(
                    f"{name}: {count:,} of {len(own.lengths):,} chunks are longer than what "
                    f"{embedder.name} reads: only their beginnings are embedded."
                )

    def _searched(
        self, own: Cut, embedding: str, embedder: Embedder, lexical: Remembered, *, is_first: bool
    ) -> Iterator[Measured]:
        names = [n for n in self._grid.retrievers if is_first or base(n) != LEXICAL]
        if not names:
            return
        dense = self._dense(own, embedder)
        cost_usd = self._material.price(embedder, own.tokens)
        too_long = own.too_long(embedder) if self._grid.needs_vectors else 0
        for place, name in enumerate(names, 1):
            self._say(f"search, {own.chunked.chunker}", place, len(names))
            searcher = make_searcher(
                name, dense=dense, lexical=lexical, namespace=self._material.namespace
            )
            hits, ms_per_query = self._timed(searcher, (dense, lexical))
            scored = self._scoring.score(name, hits)
            columns = {
                metric: tuple(_number(sample.scores[at].value) for sample in scored.samples)
                for at, metric in enumerate(self._scoring.names)
            }
            for k in self._grid.ks:
                yield Measured(
                    chunker=own.chunked.chunker,
                    embedding=embedding,
                    retriever=name,
                    k=k,
                    chunks=len(own.chunked.chunks),
                    too_long=too_long,
                    tokens=own.tokens,
                    cost_usd=cost_usd,
                    context_tokens=scored.context_tokens[k],
                    ms_per_query=ms_per_query,
                    values=_of_k(columns, k),
                )

    def _dense(self, own: Cut, embedder: Embedder) -> Remembered:
        """Return dense search over a cut; nothing is embedded where nobody asks for it."""
        import numpy as np

        if not self._grid.needs_vectors:
            return Remembered(ExactSearcher((), np.zeros((0, 1), dtype=np.float32), np.asarray))
        chunks = own.chunked.chunks
        vectors = self._vectors(chunks, own.chunked.chunker, embedder)
        asked, seconds = self._questions(embedder)
        rows = {text: row for row, text in enumerate(self._texts)}

        def embed(queries: Sequence[str]) -> Vectors:
            return asked[[rows[text] for text in queries]]

        return Remembered(ExactSearcher(chunks, vectors, embed), seconds)

    def _vectors(self, chunks: Sequence[Chunk], title: str, embedder: Embedder) -> Vectors:
        def tell(done: int, total: int) -> None:
            self._say(f"embed, {title}", done, total)

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", TruncationWarning)
            texts = [chunk.embedded_text for chunk in chunks]
            made = embed_counted(embedder, texts, self._material.cache, tell)
        self.embedded += made.embedded
        self.reused += made.reused
        return made.vectors

    def _questions(self, embedder: Embedder) -> tuple[Vectors, float]:
        """Return the questions' vectors, made once an embedder, and how long that took."""
        known = self._asked.get(embedder.fingerprint)
        if known is None:
            embed_checked(embedder, self._texts[:1])  # loading a model is no query's time
            clock = time.perf_counter()
            vectors = embed_checked(embedder, self._texts)
            known = self._asked[embedder.fingerprint] = (vectors, time.perf_counter() - clock)
        return known

    def _timed(self, searcher: Searcher, parts: Sequence[Remembered]) -> tuple[list[Any], float]:
        """Return the hits, and the milliseconds a query; what is remembered counts as it took."""
        for part in parts:
            part.is_asked = False
        before = sum(part.seconds for part in parts)
        clock = time.perf_counter()
        found = searcher.search(self._texts, k=self._depth, principal=self._principal)
        spent = time.perf_counter() - clock
        spent -= sum(part.seconds for part in parts) - before
        spent += sum(part.seconds for part in parts if part.is_asked)
        return [hits_of(passages) for passages in found], 1000 * spent / len(self._texts)

    def _say(self, step: str, done: int, total: int) -> None:
        if self._tell is not None:
            self._tell(f"{self._material.corpus}: {step}", done, total)


def _of_k(columns: Mapping[str, Values], k: int) -> dict[str, Values]:
    named = ((name.rpartition("@"), values) for name, values in columns.items())
    return {metric: values for (metric, _, own), values in named if own == str(k)}


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, bool | int | float) else None
