"""Spans of a text of ten one-letter words, so that each token is two characters wide."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_magics.retrieval.measure.span_metric import span_scores, unions
from llmops_magics.retrieval.measure.text import Tokens

TEXT = "a b c d e f g h i j"
TOKENS = Tokens({"d": TEXT, "e": TEXT})


def scores(reference, fetched):
    return span_scores(unions(reference), unions(fetched), TOKENS)


def test_by_hand():
    """Wanted b c d e; fetched d e f: 2 of 4, 2 of 3, 2 of 5."""
    found = scores([("d", 2, 9)], [("d", 6, 11)])
    assert found == pytest.approx((2 / 4, 2 / 3, 2 / 5, 3))


def test_what_overlapping_chunks_share_counts_once():
    once = scores([("d", 0, 8)], [("d", 0, 8)])
    twice = scores([("d", 0, 8)], [("d", 0, 6), ("d", 2, 8), ("d", 2, 8)])
    assert once == twice == (1, 1, 1, 4)


def test_the_same_offsets_in_another_document_are_another_place():
    assert scores([("d", 0, 8)], [("e", 0, 8)]) == (0, 0, 0, 4)


def test_nothing_fetched_is_0():
    assert scores([("d", 0, 8)], []) == (0, 0, 0, 0)


def test_unions_join_what_touches_and_keep_the_rest_apart():
    assert unions([("d", 4, 6), ("d", 0, 4), ("d", 8, 9), ("e", 0, 1)]) == {
        "d": [(0, 6), (8, 9)],
        "e": [(0, 1)],
    }


SPAN = st.tuples(st.sampled_from("de"), st.integers(0, 19), st.integers(0, 19))
SPANS = st.lists(SPAN.map(lambda s: (s[0], min(s[1:]), max(s[1:]) + 1)), max_size=6)


def tokens_of(spans):
    starts = range(0, len(TEXT), 2)
    return {(d, at) for d, start, end in spans for at in starts if start <= at < end}


@given(SPANS, SPANS)
def test_it_is_what_sets_of_tokens_give(reference, fetched):
    wanted, found = tokens_of(reference), tokens_of(fetched)
    if not wanted:
        return
    own = scores(reference, fetched)
    assert own.recall == pytest.approx(len(wanted & found) / len(wanted))
    assert own.precision == pytest.approx(len(wanted & found) / len(found) if found else 0)
    assert own.iou == pytest.approx(len(wanted & found) / len(wanted | found))
    assert own.fetched == len(found)
