"""rouge_l, bleu and chrf: how much of the expected text is there."""

from __future__ import annotations

import random
import time

import pytest

from llmops_magics.evals.scorers.rouge_l import common_length, rouge_l

TEXT = "The quick brown fox jumps over the lazy dog."


def test_rouge_l_is_the_longest_common_subsequence_of_words():
    # police, the, gunman of 4 and 4 words: 3 / 4 (Lin 2004, 3.1: kill for killed)
    assert rouge_l("police kill the gunman", "police killed the gunman") == 0.75
    assert rouge_l("the gunman kill police", "police killed the gunman") == 0.5
    assert rouge_l("a b", "a b c d", beta=0) == 1.0  # precision alone
    assert rouge_l("", "a") == rouge_l("a", "") == 0.0
    assert rouge_l("ÄRGER über", "ärger Über") == 1.0


def test_the_bit_vectors_agree_with_the_table_of_the_textbook():
    chance = random.Random(4)
    for _ in range(50):
        a, b = (chance.choices("abcd", k=chance.randrange(12)) for _ in range(2))
        table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
        for i, x in enumerate(a):
            for j, y in enumerate(b):
                table[i + 1][j + 1] = (
                    table[i][j] + 1 if x == y else max(table[i][j + 1], table[i + 1][j])
                )
        assert common_length(a, b) == table[-1][-1]


@pytest.mark.parametrize("name", ["rouge_l", "bleu", "chrf", "chrf(word_order=2)"])
def test_the_same_text_scores_one_and_another_nothing(judge, name):
    assert judge(name, TEXT, TEXT).value == pytest.approx(1.0)
    assert judge(name, "Paris", "Paris").value == pytest.approx(1.0)  # one word
    assert judge(name, "", TEXT).value == 0.0
    assert judge(name, "1 2 3", TEXT).value == 0.0
    assert judge(name, TEXT, ["1 2 3", TEXT]).value == pytest.approx(1.0)
    assert judge(name, TEXT).applicable is False


def test_bleu_by_hand(judge):
    # a b c d e against a b c d f: precisions 4/5, 3/4, 2/3, 1/2; no brevity penalty
    wanted = (4 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** 0.25
    assert judge("bleu", "a b c d e", "a b c d f").value == pytest.approx(wanted)
    assert judge("bleu(lowercase=true)", "A B C D", "a b c d").value == pytest.approx(1.0)
    assert judge("bleu(tokenize=char)", "你好吗朋", "你好吗朋").value == pytest.approx(1.0)


def test_chrf_by_hand(judge):
    # ab against ac: unigrams 1 of 2 shared, bigrams 0 of 1, longer ones are in neither
    precision = recall = (1 / 2 + 0) / 2
    wanted = 5 * precision * recall / (4 * precision + recall)
    assert judge("chrf", "ab", "ac").value == pytest.approx(wanted)


@pytest.mark.parametrize("name", ["rouge_l", "bleu", "chrf", "token_f1", "contains"])
def test_a_megabyte_takes_seconds(judge, name):
    started = time.monotonic()
    assert judge(name, "12-" * 333_333, "12 is the answer").value is not None
    assert time.monotonic() - started < 30


def test_what_is_too_long_is_missing(judge):
    assert judge("bleu", "a" * 1_100_001, "a").value is None
    assert judge("chrf", "a" * 1_100_001, "a").value is None
    assert judge("rouge_l", "a " * 150_000, "b " * 150_000).value is None
