from __future__ import annotations

import itertools
import random

import pytest

from llmops_magics.errors import RetrievalError
from llmops_magics.retrieval.chunking.registry import chunker, chunker_names
from llmops_magics.retrieval.chunking.tokenizer import BYTES

SPECS = ("semchunk:20", "semchunk:20/5", "markdown:20", "markdown:20/5", "tokens:20/5", "whole")
TEXTS = {
    "prose": "One sentence stands here. Another one, with a clause, follows it!\n\nAnd more. " * 20,
    "emoji": "👩‍👩‍👧 family 😀😀😀 " * 60,
    "crlf": "line one is here\r\nline two is here\r\n\r\nnext paragraph of it\r\n" * 20,
    "no spaces": "ab" * 2000,
    "chinese": "这是一个句子。那是另一个句子。" * 60,
    "odd blanks": "a\u00a0b\u2028c\u200bd\x85e\tf " * 60,
    "markdown": "# A\n\ntext of it\n\n## B\n\n```\n# no heading\n```\n\nC\n=\n\nmore text\n" * 10,
}


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("name", TEXTS)
def test_every_chunker_cuts_every_text(spec, name):
    text = TEXTS[name]
    made = chunker(spec, BYTES)
    spans = made.split(text)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert [start for start, _ in spans] == sorted(start for start, _ in spans)
    covered = {place for start, end in spans for place in range(start, end)}
    assert all(text[place].isspace() for place in range(len(text)) if place not in covered)
    if spec != "whole":
        assert len(spans) > 1
        assert max(BYTES.count(text[start:end]) for start, end in spans) <= 20


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("text", ["", " ", "\r\n\t \u00a0"])
def test_a_blank_text_has_no_chunk(spec, text):
    assert list(chunker(spec, BYTES).split(text)) == []


@pytest.mark.parametrize("spec", SPECS[:5])
def test_repeated_passages_stand_where_they_stand(spec):
    """Searching for a chunk's text would find the first passage three times."""
    passage = "The same passage, word for word, stands here again and again."
    text = f"{passage}\n\nSomething else.\n\n{passage}\n\n{passage}"
    spans = chunker(spec, BYTES).split(text)
    starts = [start for start, _ in spans]
    assert len(starts) == len(set(starts))
    assert max(end for _, end in spans) == len(text)


@pytest.mark.parametrize("spec", SPECS[:4])
def test_one_word_of_a_megabyte(spec):
    text = "x" * 1_000_000
    spans = chunker(spec.replace("20", "200"), BYTES).split(text)
    assert max(end - start for start, end in spans) <= 800
    assert (spans[0][0], spans[-1][1]) == (0, len(text))


def test_overlap_is_shared_with_the_chunk_before():
    text = " ".join(f"w{number:03}" for number in range(100))  # one token a word
    first, second, *_, last = chunker("tokens:20/5", BYTES).split(text)
    assert text[slice(*first)].split()[-5:] == text[slice(*second)].split()[:5]
    assert text[slice(*last)].split()[-1] == "w099"
    spans = chunker("semchunk:20/5", BYTES).split(text)
    assert all(a[1] > b[0] for a, b in itertools.pairwise(spans))


def test_the_last_window_is_none_that_stands_in_the_one_before():
    text = " ".join(["word"] * 35)  # 20, then 15 new ones
    assert len(chunker("tokens:20/5", BYTES).split(text)) == 2


def test_what_decides_the_cuts_is_in_the_fingerprint():
    class Other(type(BYTES)):
        fingerprint = "other"

    specs = ["semchunk:20", "semchunk:20/5", "semchunk:21", "markdown:20", "tokens:20", "whole"]
    prints = {chunker(spec, BYTES).fingerprint for spec in specs}
    prints |= {chunker("semchunk:20", Other()).fingerprint}
    assert len(prints) == 7
    assert chunker("semchunk", BYTES).name == "semchunk:200/0"
    assert chunker("semchunk", BYTES).fingerprint == chunker("semchunk:200/0", BYTES).fingerprint


@pytest.mark.parametrize("spec", ["semchunck:200", "", "whole:3", "semchunk:x", "tokens:5/5"])
def test_what_is_no_chunker(spec):
    with pytest.raises(RetrievalError):
        chunker(spec, BYTES)


def test_a_slip_is_corrected():
    with pytest.raises(RetrievalError, match="did you mean 'semchunk'"):
        chunker("semchunck:200", BYTES)
    assert {"semchunk", "markdown", "tokens", "whole", "langchain"} <= set(chunker_names())


def test_noise_is_cut_too():
    letters = random.Random(0).choices("ab .\n#`-=\r\t😀é", k=5000)
    text = "".join(letters)
    for spec in SPECS:
        spans = chunker(spec, BYTES).split(text)
        covered = {place for start, end in spans for place in range(start, end)}
        assert all(text[place].isspace() for place in range(len(text)) if place not in covered)


@pytest.mark.slow
def test_semchunk_with_the_models_tokenizer_cuts_as_it_would_itself(embedded_models):
    """Counting by words gives the cuts that semchunk's own counting gives."""
    import semchunk

    from llmops_magics.models.local.tokenizer import _open

    text = TEXTS["prose"] + TEXTS["crlf"] + TEXTS["chinese"]
    tokenizer = _open()
    own = semchunk.chunkerify(
        lambda part: len(tokenizer.encode(part, add_special_tokens=False).ids), 50
    )
    assert list(chunker("semchunk:50").split(text)) == list(own(text, offsets=True)[1])
