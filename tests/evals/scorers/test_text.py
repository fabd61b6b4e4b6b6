from __future__ import annotations

from llmops_magics.evals.scorers.text import accepted_answers, sentences, shorten, squeeze, words


def test_white_space_and_unicode_forms_are_normalised():
    assert squeeze("  cafe\u0301 \n\t au\u00a0lait ") == "café au lait"


def test_sentences_end_where_readers_see_an_end():
    text = "Dr. A. Smith paid $3.50. Was it 1.5 kg?No. \n- A list\n2. Item two"
    assert sentences(text) == [
        "Dr. A. Smith paid $3.50.",
        "Was it 1.5 kg?",
        "No.",
        "A list",
        "Item two",
    ]


def test_words_are_folded_and_numbers_kept_whole():
    assert words("Isn't 1,200.5 MORE at 10:30?") == ["isn't", "1,200.5", "more", "at", "10:30"]


def test_expected_answers_are_spelled_as_written():
    assert accepted_answers(["a", 2.0, 2.5, None]) == ["a", "2", "2.5"]
    assert accepted_answers(42.0) == ["42"]


def test_a_reason_is_one_short_line():
    assert shorten("a\nb" * 100, 5) == "a ba…"
