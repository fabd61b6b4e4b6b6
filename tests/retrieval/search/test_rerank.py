from __future__ import annotations

import pytest

from llmops_magics.errors import RetrievalError
from llmops_magics.retrieval.access import ANONYMOUS
from llmops_magics.retrieval.search.rerank import RerankedSearcher, find_reranker


def search(searcher, function, k=2):
    return RerankedSearcher(searcher, function, "mine").search(["q"], k=k, principal=ANONYMOUS)


def test_the_rerankers_order_counts_and_ranks_and_scores_are_its_own(ranked):
    searcher = ranked("a", "b", "c")
    ((first, second),) = search(
        searcher, lambda _, texts: [{"c": 9, "b": 5}.get(t, 0) for t in texts]
    )
    assert (first.chunk_id, first.rank, first.score) == ("c", 1, 9.0)
    assert (second.chunk_id, second.rank) == ("b", 2)
    assert searcher.asked_for == [50]


def test_equal_scores_are_ordered_by_id(ranked):
    (found,) = search(ranked("c", "b", "a"), lambda _, texts: [0] * len(texts), k=3)
    assert [p.chunk_id for p in found] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda *_: [1.0], "gave 1 scores for 2 texts"),
        (lambda *_: [float("nan"), 1.0], "not finite"),
        (lambda *_: 1 / 0, "raised ZeroDivisionError"),
        (lambda *_: ["high", "low"], "raised ValueError"),
    ],
)
def test_a_reranker_that_does_not_score_is_an_error(ranked, function, message):
    with pytest.raises(RetrievalError, match=message):
        search(ranked("a", "b"), function)


def test_nothing_found_asks_no_reranker(ranked):
    assert search(ranked(), lambda *_: 1 / 0) == [[]]


def test_a_reranker_is_a_function_of_the_notebook():
    def mine(query, texts):
        return [len(text) for text in texts]

    assert find_reranker("mine", {"mine": mine}) is mine
    with pytest.raises(RetrievalError, match="no reranker 'other'"):
        find_reranker("other", {"mine": mine})
