from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from llmops_magics.evals.attribution.align import align, share_of_words

words = st.lists(st.sampled_from(["be kind", "be brief", "stop", "be very kind"]), max_size=6)


def test_what_is_alike_is_a_change_and_the_rest_came_or_went():
    before, after = ["be kind", "stop"], ["hurry up", "be very kind", "stop"]
    assert align(before, after, share_of_words) == [(None, 0), (0, 1), (1, 2)]


def test_unlike_neighbours_are_still_a_change():
    assert align(["a", "b", "c"], ["a", "x", "c"], share_of_words) == [(0, 0), (1, 1), (2, 2)]


def test_what_cannot_have_become_the_other_is_never_paired():
    assert align(["a"], ["b"], lambda *_: None) == [(0, None), (None, 0)]


def test_words_in_common():
    assert share_of_words("Be kind now", "be kind") == 2 / 3
    assert share_of_words("", "") == 1.0


@given(words, words)
def test_every_position_stands_in_one_slot_in_order(before, after):
    slots = align(before, after, share_of_words)
    assert [s.before for s in slots if s.before is not None] == list(range(len(before)))
    assert [s.after for s in slots if s.after is not None] == list(range(len(after)))


@given(words)
def test_what_is_the_same_stays_in_its_place(texts):
    slots = align(texts, list(texts), share_of_words)
    assert [(s.before, s.after) for s in slots] == [(n, n) for n in range(len(texts))]
