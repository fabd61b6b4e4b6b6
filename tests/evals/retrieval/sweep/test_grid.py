from __future__ import annotations

import pytest

from llmops_magics.errors import RetrievalError, UsageError
from llmops_magics.evals.retrieval.sweep.grid import make_grid


def test_sizes_and_overlaps_are_crossed_with_what_takes_them():
    grid = make_grid(
        chunkers=["semchunk", "whole", "tokens:50/5"], sizes=[100, "200"], overlaps=["0", "50%"],
        retrievers=["dense"], ks=[10, 5, 5],
    )  # fmt: skip
    assert [chunker for chunker, _ in grid.pairs] == [
        "semchunk:100/0", "semchunk:100/50", "semchunk:200/0", "semchunk:200/100", "whole",
        "tokens:50/5",
    ]  # fmt: skip
    assert (grid.ks, grid.configurations, grid.needs_vectors) == ((5, 10), 12, True)


def test_an_overlap_that_is_no_part_of_a_size_is_left_out_and_said():
    grid = make_grid(sizes=[100, 200], overlaps=[100])
    assert [chunker for chunker, _ in grid.pairs] == ["semchunk:200/100"]
    assert grid.remarks == ("Left out, for the overlap is not below the size: semchunk:100/100.",)
    with pytest.raises(UsageError, match="no chunker is left"):
        make_grid(sizes=[50], overlaps=[60])


def test_the_pair_of_the_index_is_added_once():
    grid = make_grid(sizes=[100])
    assert grid.with_pair(("semchunk:100/0", "local")) is grid
    assert grid.with_pair(("whole", "local")).pairs[-1] == ("whole", "local")


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        (
            {"sizes": range(1, 100)},
            UsageError,
            "99 chunkers x 1 embedders x 3 retrievers x 3 k are",
        ),
        ({"sizes": ["big"]}, RetrievalError, "no size of chunks"),
        ({"overlaps": ["-1"]}, RetrievalError, "no size of chunks"),
        ({"retrievers": ["magic"]}, UsageError, "no retriever 'magic'"),
        ({"ks": [0]}, UsageError, "k is 0"),
        ({"ks": []}, UsageError, "no k is named"),
        ({"chunkers": []}, UsageError, "no chunker is named"),
    ],
)
def test_what_cannot_be_tried(given, error, words):
    with pytest.raises(error, match=words):
        make_grid(**given)


def test_lexical_search_alone_needs_no_vectors():
    assert not make_grid(retrievers=["lexical"]).needs_vectors
    assert make_grid(retrievers=["lexical", "hybrid+rerank:x"]).needs_vectors
