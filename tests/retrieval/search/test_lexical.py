from __future__ import annotations

import math

import pytest

from llmops_magics.retrieval.access import ANONYMOUS
from llmops_magics.retrieval.search.lexical import LexicalSearcher


def searcher(*chunks):
    return LexicalSearcher(lambda: chunks)


def ids(found):
    return [[passage.chunk_id for passage in passages] for passages in found]


def test_words_are_compared_by_their_stems_and_case_does_not_count(chunk):
    index = searcher(chunk("a", "Refunds are paid"), chunk("b", "Parcels arrive late"))
    found = index.search(["refunding a PARCEL", "refund"], k=5, principal=ANONYMOUS)
    assert [set(row) for row in ids(found)] == [{"a", "b"}, {"a"}]


def test_the_score_is_lucenes_bm25(chunk):
    index = searcher(chunk("a", "apple pear"), chunk("b", "plum pear"), chunk("c", "plum fig"))
    (found,) = index.search(["apple"], k=3, principal=ANONYMOUS)
    idf = math.log(1 + (3 - 1 + 0.5) / (1 + 0.5))
    assert found[0].score == pytest.approx(idf * 1 / (1 + 1.5), rel=1e-5)  # of average length


def test_equal_scores_are_ordered_by_id_also_at_the_cut(chunk):
    index = searcher(*(chunk(name, "apple pie") for name in "dbac"))
    (found,) = index.search(["apple"], k=2, principal=ANONYMOUS)
    assert [(p.chunk_id, p.rank) for p in found] == [("a", 1), ("b", 2)]


def test_what_nobody_shares_a_word_with_is_not_found(chunk):
    index = searcher(chunk("a", "apple"), chunk("b", "pear"))
    assert ids(index.search(["zebra", "", "the of and"], k=3, principal=ANONYMOUS)) == [[], [], []]


def test_the_filter_is_in_the_search_so_that_forbidden_ones_take_no_place(chunk, ada):
    secret = [chunk(f"s{n}", "salary of everybody", ("board",)) for n in range(20)]
    index = searcher(*secret, chunk("z", "salary and much else besides", ("hr",)))
    assert ids(index.search(["salary everybody"], k=3, principal=ada)) == [["z"]]
    assert ids(index.search(["salary everybody"], k=3, principal=ANONYMOUS)) == [[]]


@pytest.mark.parametrize("texts", [[], ["", "the of"]])
def test_an_index_without_words_finds_nothing(chunk, texts):
    index = searcher(*(chunk(str(n), text) for n, text in enumerate(texts)))
    assert index.search(["anything"], k=3, principal=ANONYMOUS) == [[]]


def test_words_are_counted_once_for_many_searches(chunk):
    reads = []
    index = LexicalSearcher(lambda: reads.append(1) or (chunk("a", "apple"),))
    for _ in range(3):
        index.search(["apple"], k=1, principal=ANONYMOUS)
    assert reads == [1]


def test_scores_tell_nothing_of_what_is_hidden(chunk, ada):
    open_ = [chunk("a", "apple pie"), chunk("b", "plum cake")]
    hidden = [chunk(f"h{n}", "apple apple", ("board",)) for n in range(5)]
    alone = searcher(*open_).search(["apple"], k=5, principal=ada)
    beside = searcher(*open_, *hidden).search(["apple"], k=5, principal=ada)
    assert alone == beside
