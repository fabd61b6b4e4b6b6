from __future__ import annotations

import pytest

from llmops_magics.retrieval.access import ANONYMOUS
from llmops_magics.retrieval.search.fusion import HybridSearcher, fuse


def test_a_score_is_the_sum_of_reciprocal_ranks(passage):
    first = [passage("a", 1), passage("b", 2)]
    second = [passage("b", 1), passage("c", 2)]
    found = fuse([first, second])
    assert [(p.chunk_id, p.rank) for p in found] == [("b", 1), ("a", 2), ("c", 3)]
    assert [p.score for p in found] == pytest.approx([1 / 61 + 1 / 62, 1 / 61, 1 / 62])


def test_ties_are_ordered_by_id_whichever_ranking_came_first(passage):
    one, other = [passage("b")], [passage("a")]
    assert [p.chunk_id for p in fuse([one, other])] == ["a", "b"]
    assert [p.chunk_id for p in fuse([other, one])] == ["a", "b"]


def test_rankings_are_joined_deeper_than_what_is_asked_for(ranked):
    first = ranked("a", "b", "c")
    second = ranked("d", "e", "c")
    (found,) = HybridSearcher((first, second)).search(["q"], k=1, principal=ANONYMOUS)
    assert [p.chunk_id for p in found] == ["c"]  # third in both beats first in one
    assert first.asked_for == [100]


def test_nothing_found_anywhere_is_nothing(ranked):
    hybrid = HybridSearcher((ranked(), ranked()))
    assert hybrid.search(["q", "r"], k=3, principal=ANONYMOUS) == [[], []]
