from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_magics.models.local.tokenizer import get_tokenizer
from llmops_magics.retrieval.chunking.tokenizer import BYTES, tokenizer_of


def test_bytes_are_counted_word_by_word():
    assert [BYTES.count(text) for text in ("", "  \n", "abcd", "abcde", "a b", "éé é")] == [
        0,
        0,
        1,
        2,
        2,
        2,
    ]


def test_places_of_bytes():
    assert BYTES.offsets(" abcde f") == [(1, 5), (5, 6), (7, 8)]
    assert BYTES.offsets("😀😀") == [(0, 1), (1, 2)]


@given(st.text(alphabet="ab é😀\r\n\t", max_size=60))
def test_places_of_bytes_are_the_text_without_blanks(text):
    places = BYTES.offsets(text)
    assert "".join(text[a:b] for a, b in places) == "".join(text.split())
    assert len(places) >= BYTES.count(text)


def test_an_embedder_counts_with_its_own_tokenizer():
    assert tokenizer_of(object()) is BYTES


@pytest.mark.slow
def test_words_add_up_to_what_the_model_reads(embedded_models):
    from llmops_magics.models.local.embedding import get_embedder

    text = "The mitochondrion (pl. mitochondria) isn't a 😀 kettle: naïve café, 3.14!"
    embedder = get_embedder()
    tokenizer, _ = embedder._load()
    assert embedder.count_tokens(text) == len(tokenizer.encode(text).ids)
    assert tokenizer_of(embedder) is get_tokenizer()
    assert len(get_tokenizer().offsets(text)) == get_tokenizer().count(text)


@pytest.mark.slow
def test_a_word_that_the_model_does_not_read_is_as_long_as_it_is(embedded_models):
    assert get_tokenizer().count("a" * 1_000_000) == 250_000
    places = get_tokenizer().offsets("a" * 1_000_000)
    assert (places[0], places[-1][1], len(places)) == ((0, 4), 1_000_000, 250_000)
