"""Verify an index down to its vectors: every row is read, and some are embedded again."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from llmops_magics.record import Record
from llmops_magics.retrieval.chunking.chunk import Chunk
from llmops_magics.retrieval.embedding.embedder import Embedder, embed_checked
from llmops_magics.retrieval.index.collection import Collection, row_digest
from llmops_magics.retrieval.index.ledger import ChunkLine
from llmops_magics.retrieval.index.manifest import IndexManifest

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]

SAMPLE = 32
LEAST_COSINE = 0.99  # of a vector made twice; other texts of one subject are below 0.95
SHOWN_IDS = 20

Progress = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class IndexVerification(Record):
    """What reading a whole index found.

    Counts are of chunks: ``lost`` and ``unknown`` as in ``IndexStatus``; ``altered`` have another
    text or metadata than was written; ``misshapen`` a vector of another length, of zeros or not
    finite. Of the ``sampled``, ``differing`` have another vector than their text gets now
    (cosine below 0.99); ``lowest_cosine`` is the worst.
    """

    kind: ClassVar[str] = "index-verification"

    corpus: str
    manifest: IndexManifest
    chunks: int
    store_chunks: int
    lost: int
    unknown: int
    altered: int
    misshapen: int
    sampled: int
    differing: int
    lowest_cosine: float | None
    embedder_is_same: bool
    verified_at: datetime
    examples: tuple[str, ...] = ()

    @property
    def is_sound(self) -> bool:
        """Whether nothing was found."""
        found = self.lost + self.unknown + self.altered + self.misshapen + self.differing
        return not found and self.embedder_is_same and self.chunks == self.manifest.chunk_count

    @property
    def exit_code(self) -> int:
        """0 when nothing was found, else 1."""
        return 0 if self.is_sound else 1


@dataclass
class Verifier:
    """Reads a collection page by page, and keeps a random sample to embed again."""

    manifest: IndexManifest
    lines: Sequence[ChunkLine]
    embedder: Embedder
    sample: int = SAMPLE
    seed: int | None = None
    _altered: list[str] = field(default_factory=list)
    _misshapen: list[str] = field(default_factory=list)
    _chosen: list[tuple[Chunk, Vectors]] = field(default_factory=list)

    def verify(
        self, collection: Collection | None, now: datetime, on_progress: Progress | None = None
    ) -> IndexVerification:
        """Read everything; None is a collection that is gone."""
        known = {line.id: line for line in self.lines}
        wanted = self._choose()
        there: set[str] = set()
        pages = collection.pages(with_vectors=True) if collection is not None else iter(())
        for chunks, vectors in pages:
            there.update(chunk.id for chunk in chunks)
            if vectors is not None:
                self._look(chunks, vectors, known, wanted)
            if on_progress is not None:
                on_progress(len(there), max(len(there), len(known)))
        is_same = self.embedder.fingerprint == self.manifest.embedding_fingerprint
        cosines = self._cosines() if is_same else []
        differing = [i for i, cosine in cosines if cosine < LEAST_COSINE]
        bad = [*self._altered, *self._misshapen, *differing, *(known.keys() - there)]
        return IndexVerification(
            corpus=self.manifest.corpus,
            manifest=self.manifest,
            chunks=len(known),
            store_chunks=len(there),
            lost=len(known.keys() - there),
            unknown=len(there - known.keys()),
            altered=len(self._altered),
            misshapen=len(self._misshapen),
            sampled=len(cosines),
            differing=len(differing),
            lowest_cosine=min((cosine for _, cosine in cosines), default=None),
            embedder_is_same=is_same,
            verified_at=now,
            examples=tuple(dict.fromkeys(bad))[:SHOWN_IDS],
        )

    def _choose(self) -> set[str]:
        ids = sorted(line.id for line in self.lines)
        chance = random.Random(self.seed)  # noqa: S311 -- a sample, no secret
        return set(chance.sample(ids, min(self.sample, len(ids))))

    def _look(
        self,
        chunks: Sequence[Chunk],
        vectors: Vectors,
        known: dict[str, ChunkLine],
        wanted: set[str],
    ) -> None:
        import numpy as np

        size = self.manifest.dimension
        usable = np.isfinite(vectors).all(axis=1) & (np.abs(vectors).max(axis=1, initial=0) > 0)
        for chunk, vector, is_usable in zip(chunks, vectors, usable, strict=True):
            line = known.get(chunk.id)
            if line is not None and line.row_digest != row_digest(chunk):
                self._altered.append(chunk.id)
            if not is_usable or vector.shape != (size,):
                self._misshapen.append(chunk.id)
            elif chunk.id in wanted:
                self._chosen.append((chunk, vector))

    def _cosines(self) -> list[tuple[str, float]]:
        """Embed the sample again; return the cosine of each stored vector with the new one."""
        import numpy as np

        if not self._chosen:
            return []
        again = embed_checked(self.embedder, [chunk.embedded_text for chunk, _ in self._chosen])
        stored = np.stack([vector for _, vector in self._chosen])
        products = np.einsum("ij,ij->i", again, stored)
        norms = np.linalg.norm(again, axis=1) * np.linalg.norm(stored, axis=1)
        cosines = (products / norms).tolist()
        return [(chunk.id, c) for (chunk, _), c in zip(self._chosen, cosines, strict=True)]
