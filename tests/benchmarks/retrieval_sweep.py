"""CPU time of a sweep: what a second k and a second retriever cost beside the first configuration.

Run: python tests/benchmarks/retrieval_sweep.py [--documents N]

It reads ../shared/data/ir/state_of_the_union (1 text, 76 questions), or with --documents the first
N abstracts of scifact and the judged ones of its questions about them, and says so where they are
missing. The first configuration is cut, embedded by the embedded model without any vector kept,
searched, measured and tested. Then the same again with one k more, and with one retriever more, all
vectors kept: the target is less than 2% of the first. Questions are embedded once by all runs.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from llmops_magics.evals.retrieval.sweep.grid import Grid
from llmops_magics.evals.retrieval.sweep.request import SweepRequest
from llmops_magics.evals.retrieval.sweep.sweep import run_sweep
from llmops_magics.evals.retrieval.sweep.trial import Material
from llmops_magics.models.local.embedding import get_embedder
from llmops_magics.retrieval.access import ANONYMOUS
from llmops_magics.retrieval.document import Document, load_documents
from llmops_magics.retrieval.embedding.cache import EmbeddingCache
from llmops_magics.retrieval.measure.query import QuerySet
from llmops_magics.retrieval.measure.reader import read_queries

DATA = Path(__file__).parents[3] / "shared/data/ir"
TARGET = 0.02
ROUNDS = 7
FIRST = Grid(pairs=(("semchunk:200/0", "local"),), retrievers=("dense",), ks=(5,))
MORE = {
    "a second k": replace(FIRST, ks=(5, 10)),
    "five more k": replace(FIRST, ks=(1, 3, 5, 10, 20, 50)),
    "hybrid beside dense": replace(FIRST, retrievers=("dense", "hybrid")),
    "lexical and hybrid beside dense": replace(FIRST, retrievers=("dense", "lexical", "hybrid")),
}


class Once:
    """The embedded model, with the vectors of few texts at a time remembered: the questions."""

    def __init__(self) -> None:
        self._model = get_embedder()
        self._known: dict[tuple[str, ...], Any] = {}
        self.questions: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def embed(self, texts: Sequence[str]) -> Any:
        """Return the vectors."""
        if not self.questions.issuperset(texts):
            return self._model.embed(texts)
        key = tuple(texts)
        if key not in self._known:
            self._known[key] = self._model.embed(texts)
        return self._known[key]


def collection(limit: int) -> tuple[list[Document], QuerySet] | None:
    """Return documents and questions that can be answered by them."""
    folder = DATA / ("scifact" if limit else "state_of_the_union")
    if not folder.is_dir():
        return None
    documents = list(load_documents(folder / "docs.jsonl"))
    queries = read_queries(folder)
    if not limit:
        return documents, queries
    held = {document.id for document in documents[:limit]}
    asked = [q for q in queries.queries if {label.document_id for label in q.relevant} <= held]
    return documents[:limit], replace(queries, queries=tuple(asked))


def timed(request: SweepRequest, material: Material, rounds: int = ROUNDS) -> float:
    """Return the least CPU time of some rounds."""
    took = []
    for _ in range(rounds):
        start = time.process_time()
        run_sweep(request, material)
        took.append(time.process_time() - start)
    return min(took)


def main() -> int:
    """Measure; return 1 where one k or one retriever more costs 2% of the first or more."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=0)
    found = collection(parser.parse_args().documents)
    if found is None:
        print("The data is not here: nothing was measured.")
        return 0
    documents, queries = found
    embedder = Once()
    embedder.embed(["loads the model"])
    with tempfile.TemporaryDirectory() as folder:
        material = Material(
            corpus="texts", documents=documents, embedders=lambda _spec: embedder,
            cache=EmbeddingCache(Path(folder)),
        )  # fmt: skip
        request = SweepRequest(
            ref="texts", fingerprint="", grid=FIRST, queries=queries,
            dataset=queries.as_dataset(), principal=ANONYMOUS,
        )  # fmt: skip
        first = timed(request, material, rounds=1)
        embedder.questions = {query.text for query in queries.queries}
        again = timed(request, material)
        print(f"{len(documents):,} documents, {len(queries.queries):,} questions")
        print(f"{'the first configuration':<34} {first:8.3f} CPU s")
        print(f"{'the same again, vectors kept':<34} {again:8.3f} CPU s")
        worst = 0.0
        for name, grid in MORE.items():
            extra = timed(replace(request, grid=grid), material) - again
            steps = grid.configurations - 1
            worst = max(worst, extra / steps / first)
            print(f"{name:<34} {extra:+8.3f} CPU s = {extra / first:.2%} of the first")
    print(f"most for one configuration more: {worst:.2%}, target {TARGET:.0%}")
    return int(worst >= TARGET)


if __name__ == "__main__":
    sys.exit(main())
