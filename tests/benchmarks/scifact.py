"""SciFact's test queries with the embedded model, BM25 and both: are the figures the known ones?

Run: python tests/benchmarks/scifact.py [--cache FOLDER] [--documents N]

It reads ../shared/data/ir/scifact (5,183 abstracts, 300 claims), and says so where that is
missing. The embedded model takes about 15 CPU minutes for the abstracts, once: vectors are kept in
the cache folder, and a run that is broken off goes on from there. With --documents only the first N
and the judged ones are searched: quick, and no figure to compare.

References, measured with the int8 model, cosine over all vectors, and trec_eval: nDCG@10 0.6468
dense, 0.686 BM25, 0.716 both by reciprocal rank fusion; recall@100 0.922, 0.913, 0.948.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from llmops_magics.models.local.embedding import get_embedder
from llmops_magics.retrieval.access import ANONYMOUS, Principal
from llmops_magics.retrieval.chunking.chunk import Chunk
from llmops_magics.retrieval.embedding.cache import EmbeddingCache
from llmops_magics.retrieval.embedding.cached import embed_cached
from llmops_magics.retrieval.measure.query import Query
from llmops_magics.retrieval.measure.rank_metric import rank_scores
from llmops_magics.retrieval.measure.ranking import document_scores, hits_of
from llmops_magics.retrieval.measure.reader import read_queries
from llmops_magics.retrieval.passage import Passage
from llmops_magics.retrieval.search.dense import DenseSearcher
from llmops_magics.retrieval.search.fusion import HybridSearcher
from llmops_magics.retrieval.search.lexical import LexicalSearcher
from llmops_magics.retrieval.search.searcher import Searcher

DATA = Path(__file__).parents[3] / "shared/data/ir/scifact"
DEPTH = 100
TOLERANCE = 0.005
REFERENCES = {"dense": (0.6468, 0.922), "lexical": (0.686, 0.913), "hybrid": (0.716, 0.948)}


def read_chunks(queries: Sequence[Query], limit: int) -> list[Chunk]:
    """Return each abstract as one chunk; with a limit the first so many and the judged ones."""
    wanted = {label.document_id for query in queries for label in query.relevant}
    chunks = []
    for number, line in enumerate((DATA / "docs.jsonl").read_text("utf-8").splitlines()):
        row: dict[str, Any] = json.loads(line)
        if limit and number >= limit and row["id"] not in wanted:
            continue
        text = row["text"]
        chunks.append(
            Chunk(
                id=row["id"],
                document_id=row["id"],
                number=0,
                start=0,
                end=len(text),
                text=text,
                token_count=0,
                title=row["title"],
            )
        )
    return chunks


def nearest_in(chunks: Sequence[Chunk], vectors: Any) -> Any:
    """Return the search for the nearest of all vectors."""
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def search(queries: Sequence[str], k: int, _: Principal) -> list[list[Passage]]:
        asked = get_embedder().embed(list(queries))
        scores = (asked / np.linalg.norm(asked, axis=1, keepdims=True)) @ units.T
        order = np.argsort(-scores, axis=1)[:, :k]
        return [
            [_passage(chunks[n], float(row[n]), rank) for rank, n in enumerate(best, 1)]
            for row, best in zip(scores, order, strict=True)
        ]

    return search


def _passage(chunk: Chunk, score: float, rank: int) -> Passage:
    return Passage(
        document_id=chunk.document_id,
        chunk_id=chunk.id,
        text="",
        end=chunk.end,
        score=score,
        rank=rank,
    )


def measured(searcher: Searcher, queries: Sequence[Query]) -> tuple[float, float]:
    """Return nDCG@10 and recall@100 of a retriever."""
    found = searcher.search([query.text for query in queries], k=DEPTH, principal=ANONYMOUS)
    run = {
        query.id: document_scores(hits_of(passages))
        for query, passages in zip(queries, found, strict=True)
    }
    scores = rank_scores({query.id: query.grades for query in queries}, run, (10, DEPTH))
    return scores.mean("ndcg@10") or 0.0, scores.mean(f"recall@{DEPTH}") or 0.0


def main() -> int:
    """Measure the three; return 1 where one is off by more than 0.005."""
    parser = argparse.ArgumentParser(description=__doc__)
    folder = Path(tempfile.gettempdir()) / "scifact-vectors"
    parser.add_argument("--cache", type=Path, default=folder)
    parser.add_argument("--documents", type=int, default=0)
    args = parser.parse_args()
    if not DATA.is_dir():
        print(f"{DATA} is not here: nothing was measured.")
        return 0
    queries = read_queries(DATA).queries
    chunks = read_chunks(queries, args.documents)
    start = time.process_time()
    texts = [chunk.embedded_text for chunk in chunks]
    vectors = embed_cached(get_embedder(), texts, EmbeddingCache(args.cache), _say)
    print(f"\n{len(chunks):,} abstracts in {time.process_time() - start:.0f} CPU s")
    dense = DenseSearcher(nearest_in(chunks, vectors))
    lexical = LexicalSearcher(lambda: chunks)
    worst = 0.0
    for searcher in (dense, lexical, HybridSearcher((dense, lexical))):
        ndcg, recall = measured(searcher, queries)
        wanted, wanted_recall = REFERENCES[searcher.name]
        worst = max(worst, abs(ndcg - wanted))
        print(
            f"{searcher.name:<8} nDCG@10 {ndcg:.4f} (reference {wanted:.4f})"
            f"  recall@100 {recall:.3f} (reference {wanted_recall:.3f})"
        )
    if args.documents:
        return 0
    print(f"largest difference of nDCG@10: {worst:.4f}, tolerance {TOLERANCE}")
    return int(worst > TOLERANCE)


def _say(done: int, total: int) -> None:
    print(f"\r{done:,} of {total:,} abstracts", end="", flush=True, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
