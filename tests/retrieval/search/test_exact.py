"""Exact search, with vectors whose cosines are known."""

from __future__ import annotations

import numpy as np

from llmops_magics.retrieval.access import ANONYMOUS, Principal
from llmops_magics.retrieval.chunking.chunk import Chunk
from llmops_magics.retrieval.search.exact import ExactSearcher

VECTORS = np.array([[1, 0], [0, 2], [3, 3], [0, 1]], dtype=np.float32)


def searcher(groups=("public",) * 4):
    chunks = [
        Chunk(
            id=f"c{n}", document_id=f"d{n}", number=0, start=0, end=1, text="x", token_count=1,
            groups=(group,),
        )
        for n, group in enumerate(groups)
    ]  # fmt: skip
    return ExactSearcher(chunks, VECTORS, lambda queries: np.array([[0, 5]] * len(queries)))


def test_ranked_by_cosine_whatever_the_lengths_and_equals_by_id():
    (found,) = searcher().search(["q"], k=3, principal=ANONYMOUS)
    assert [passage.chunk_id for passage in found] == ["c1", "c3", "c2"]
    assert [round(passage.score, 4) for passage in found] == [1, 1, 0.7071]
    assert [passage.rank for passage in found] == [1, 2, 3]
    (one,) = searcher().search(["q"], k=1, principal=ANONYMOUS)
    assert [passage.chunk_id for passage in one] == ["c1"]


def test_what_somebody_may_not_read_is_not_searched():
    held = searcher(("public", "staff", "public", "staff"))
    (found,) = held.search(["q"], k=2, principal=ANONYMOUS)
    assert [passage.chunk_id for passage in found] == ["c2", "c0"]
    staff = Principal.of("eve", ["staff"])
    assert held.search(["q"], k=2, principal=staff)[0][0].chunk_id == "c1"
    nothing = searcher(("staff",) * 4).search(["q", "r"], k=2, principal=ANONYMOUS)
    assert nothing == [[], []]


def test_many_queries_are_answered_in_their_order():
    axes = {"x": [1, 0], "y": [0, 1]}
    held = searcher()
    held._embed = lambda queries: np.array([axes[q] for q in queries], dtype=np.float32)
    found = held.search(["x", "y"] * 100, k=1, principal=ANONYMOUS)
    assert [passages[0].chunk_id for passages in found] == ["c0", "c1"] * 100


def test_no_chunks():
    empty = ExactSearcher((), np.zeros((0, 2), dtype=np.float32), np.asarray)
    assert empty.search(["q"], k=3, principal=ANONYMOUS) == [[]]
