"""What a refresh costs beside a full build, and how long a status takes, for many chunks.

    python tests/benchmarks/index_refresh.py [--chunks 100000] [--server http://127.0.0.1:8000]

Limits: a refresh of 1% changed documents takes at most 3% of the CPU time of a full build, a status
at most 2 s.

Everything is real (documents, chunking, ledger, Chroma, pointer) but the vectors: those are random
unit vectors in 200 clusters, for embedding 100,000 chunks takes hours. What embedding costs is
measured on a sample of chunks with the embedded model and added: chunks times the sample's CPU
seconds a chunk. Both ratios are printed, that with embedding and that of all the rest alone, where
a faster embedder would go to. CPU time is that of this process with its threads; with ``--server``
the server's own is left out.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from llmops_magics.models.local.embedding import get_embedder
from llmops_magics.retrieval.document import Document
from llmops_magics.retrieval.index.registry import IndexRegistry
from llmops_magics.retrieval.index.status import Sources
from llmops_magics.storage.store import Store

DIMENSION = 384
WORDS_A_CHUNK = 150
SAMPLE = 64
MOST_SHARE = 0.03
MOST_STATUS_S = 2.0
WORDS = ("index", "corpus", "vector", "chunk", "query", "document", "store", "model", "prompt",
         "answer", "trace", "budget", "gate", "release", "judge", "label", "score", "sample",
         "retry", "cache", "limit", "token", "window", "filter", "group", "source")  # fmt: skip


class RandomEmbedder:
    """Random unit vectors in 200 clusters, the same for the same text."""

    name = "random"
    fingerprint = "sha256:random"
    dimension = DIMENSION

    def __init__(self) -> None:
        self._centres = np.random.default_rng(1).normal(size=(200, DIMENSION))

    def embed(self, texts: Sequence[str]) -> Any:
        """Return float32 of shape (texts, 384)."""
        seeds = [int(text.split(maxsplit=2)[1]) for text in texts]
        rows = [np.random.default_rng(seed).normal(size=DIMENSION) for seed in seeds]
        mixed = [self._centres[s % 200] * 0.7 + row for s, row in zip(seeds, rows, strict=True)]
        vectors = np.array(mixed, dtype=np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


class Timed:
    """CPU and wall seconds of a block."""

    cpu_s = 0.0
    wall_s = 0.0


@contextmanager
def timed(title: str) -> Iterator[Timed]:
    """Measure a block and print what it took."""
    result, cpu, wall = Timed(), time.process_time(), time.perf_counter()
    yield result
    result.cpu_s, result.wall_s = time.process_time() - cpu, time.perf_counter() - wall
    print(f"{title:<44} {result.cpu_s:9.2f} CPU s {result.wall_s:9.2f} s", flush=True)


def documents(count: int, changed: int = 0) -> list[Document]:
    """Return documents of one chunk each, every hundredth up to ``changed`` of them new."""
    chance = np.random.default_rng(7)
    choices = chance.integers(0, len(WORDS), size=(997, WORDS_A_CHUNK))
    bodies = [" ".join(WORDS[word] for word in row) for row in choices]
    step = count // changed if changed else count + 1
    return [
        Document(
            id=f"d{n}",
            text=f"document {n + (count if changed and n % step == 0 else 0)} {bodies[n % 997]}",
        )
        for n in range(count)
    ]


def embedding_cost(texts: Sequence[str]) -> float:
    """Return CPU seconds a chunk of the embedded model."""
    embedder = get_embedder()
    embedder.embed(texts[:2])
    with timed(f"embed a sample of {len(texts)} chunks") as sample:
        embedder.embed(list(texts))
    return sample.cpu_s / len(texts)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--chunks", type=int, default=100_000)
    parser.add_argument("--server", default="")
    parser.add_argument("--seconds-a-chunk", type=float, help="instead of measuring it")
    args = parser.parse_args()
    before, after = documents(args.chunks), documents(args.chunks, args.chunks // 100)
    each_s = args.seconds_a_chunk or embedding_cost([d.text for d in before[:SAMPLE]])
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), before, after, each_s, args.server)


def measure(
    folder: Path, before: list[Document], after: list[Document], each_s: float, server: str
) -> None:
    """Build, refresh, look."""
    store = Store.open(f"sqlite:///{folder / 'db.sqlite'}")
    embedder = RandomEmbedder()
    registry = IndexRegistry(
        store, folder / "chroma", lambda: embedder, lambda: "benchmark", server=server
    )
    with timed(f"build of {len(before):,} chunks") as build:
        registry.build("big", before, chunker="whole")
    with timed("build again: nothing to do"):
        registry.build("big", before, chunker="whole")
    with timed("refresh, 1% changed") as refresh:
        change = registry.refresh("big", after)
    print(f"  {change.way}: {change.embedded:,} embedded, {change.reused:,} reused")
    sources = Sources(digests={d.id: d.digest for d in after}, described="the documents")
    with timed("status") as status:
        found = registry.status("big", sources)
    print(f"  {found.fresh:,} fresh of {found.documents:,}")
    with timed("one question"):
        registry.retrieve("big", [after[5].text], k=10)
    with timed("20 questions"):
        registry.retrieve("big", [d.text for d in after[:20]], k=10)
    full = build.cpu_s + len(before) * each_s
    partly = refresh.cpu_s + change.embedded * each_s
    used = sum(f.stat().st_size for f in folder.rglob("*") if f.is_file())
    print(f"{each_s:.4f} CPU s a chunk to embed; {used / 1e6:,.0f} MB on disk for two indexes")
    print(f"refresh / full build, without embedding: {refresh.cpu_s / build.cpu_s:.2%}")
    print(f"refresh / full build, with embedding:    {partly / full:.2%} (limit {MOST_SHARE:.0%})")
    print(f"status: {status.wall_s:.2f} s (limit {MOST_STATUS_S:.0f} s)")
    registry.drop("big")
    store.close()


if __name__ == "__main__":
    os.nice(10)
    main()
