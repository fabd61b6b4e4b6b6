from __future__ import annotations

from llmops_magics.views.words import (
    CAME,
    LEFT_OUT,
    SAME,
    WENT,
    shortened,
    side,
    text_pieces,
    word_pieces,
)


def test_one_word_for_another():
    assert word_pieces("be brief please", "be kind please") == [
        (SAME, "be "),
        (WENT, "brief "),
        (CAME, "kind "),
        (SAME, "please"),
    ]


def test_a_number_is_one_word():
    assert word_pieces("at 0.2 now", "at 0.7 now")[1:3] == [(WENT, "0.2 "), (CAME, "0.7 ")]


def test_a_chinese_character_is_a_word():
    assert (WENT, "短") in word_pieces("请回答得短一点", "请回答得长一点")


def test_texts_without_common_words_are_not_mixed():
    pieces = word_pieces("one two three", "vier fünf sechs")
    assert pieces == [(WENT, "one two three"), (CAME, "vier fünf sechs")]


def test_both_texts_can_be_read_back():
    before, after = "a b. c d\ne f\n\ng", "a B. c d\nE F!\ng h"
    pieces = text_pieces(before, after)
    assert "".join(piece.text for piece in side(pieces, WENT)) == before
    assert "".join(piece.text for piece in side(pieces, CAME)) == after


def test_what_is_left_out_of_a_long_text_is_counted():
    text = "word " * 2000
    shown = shortened(word_pieces(f"{text}old {text}", f"{text}new {text}"))
    assert [piece.text for piece in shown if piece.mark == LEFT_OUT] == [
        " […9,880 unchanged characters…] ",
        " […9,880 unchanged characters…] ",
    ]
    assert (WENT, "old ") in shown
    assert sum(len(piece.text) for piece in shown) < 400
