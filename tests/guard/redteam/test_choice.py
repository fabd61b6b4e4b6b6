from __future__ import annotations

from llmops_magics.guard.redteam.choice import choose, digits, shuffled, word


def test_a_key_decides_for_ever():
    assert (word("a"), digits("a"), choose("xyz", 1)) == (word("a"), digits("a"), choose("xyz", 1))
    assert sorted(shuffled(range(9), "k")) == list(range(9))
    assert shuffled(range(9), "k") != shuffled(range(9), "l")


def test_words_and_numbers_have_their_length():
    for n in range(200):
        assert len(word(n)) == 6
        assert word(n).isupper()
        assert 1000 <= int(digits(n)) <= 9999
