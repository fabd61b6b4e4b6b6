from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_magics.errors import RetrievalError
from llmops_magics.retrieval.chunking.align import align


def laid(text, pieces, hints=None):
    return align(text, pieces, "x:Y", hints)


def test_equal_pieces_stand_one_after_the_other():
    assert laid("ab\n\nab\n\nab", ["ab", "ab", "ab"]) == [(0, 2), (4, 6), (8, 10)]


def test_pieces_that_overlap():
    assert laid("one two three four", ["one two", "two three", "three four"]) == [
        (0, 7),
        (4, 13),
        (8, 18),
    ]


def test_blanks_around_pieces_do_not_count():
    assert laid("  one \n two ", ["one ", "\n", " two"]) == [(2, 5), (8, 11)]


def test_where_two_places_are_possible_the_splitter_decides_or_nobody():
    text = "aa aa aa aa"
    pieces = ["aa aa", "aa aa", "aa aa"]  # 0-5, then 3-8, then 6-11
    assert laid(text, pieces) == [(0, 5), (3, 8), (6, 11)]
    with pytest.raises(RetrievalError, match="stand elsewhere"):
        laid("aa aa aa aa aa", pieces)  # 0, 3 or 6, 9
    assert laid("aa aa aa aa aa", pieces, [0, 6, 9]) == [(0, 5), (6, 11), (9, 14)]
    with pytest.raises(RetrievalError, match="stand elsewhere"):
        laid("aa aa aa aa aa", pieces, [0, 0, 9])


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("one two", ["one", "TWO"]),
        ("one two three", ["one", "three"]),
        ("one two three", ["one", "two"]),
        ("one two", ["two", "one"]),
        ("one two", []),
        ("one", ["one", "one"]),
    ],
)
def test_what_is_no_cut_of_the_text_is_refused(text, pieces):
    if not pieces:
        assert laid(text, pieces) == []  # counted as characters in no chunk
        return
    with pytest.raises(RetrievalError, match="cannot be told"):
        laid(text, pieces)


def test_a_word_without_end_is_laid_without_overlap():
    assert laid("x" * 10_000, ["x" * 800] * 12 + ["x" * 400])[-1] == (9600, 10_000)


def test_a_text_that_repeats_itself_for_long_is_refused_at_once():
    text = "-" * 50_000
    with pytest.raises(RetrievalError):
        laid(text, [text[:4000]] * 30)


@given(st.lists(st.text(alphabet="ab \n", min_size=1, max_size=8), min_size=1, max_size=8))
def test_without_overlap_the_places_are_always_found(pieces):
    text = "".join(pieces)
    wanted, place = [], 0
    for piece in pieces:
        if piece.strip():
            left = place + len(piece) - len(piece.lstrip())
            wanted.append((left, left + len(piece.strip())))
        place += len(piece)
    assert laid(text, pieces) == wanted
