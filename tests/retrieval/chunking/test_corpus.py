from __future__ import annotations

import pytest

from llmops_magics.errors import RetrievalError
from llmops_magics.retrieval.chunking.corpus import LongChunkWarning, chunk_documents
from llmops_magics.retrieval.chunking.registry import chunker
from llmops_magics.retrieval.chunking.tokenizer import BYTES
from llmops_magics.retrieval.document import Document

TOKENS = chunker("tokens:4", BYTES)  # a word of up to four letters is one token


class Hostile:
    """Cuts where it is told to."""

    name, fingerprint, tokenizer = "mine:1", "sha256:mine", BYTES

    def __init__(self, *spans):
        self.spans = spans

    def split(self, text):
        return self.spans


def test_a_chunk_is_what_stands_at_its_place():
    document = Document(
        id="d",
        title="T",
        text="one two  six ten\nall",
        source="s",
        groups=("ops",),
        metadata={"a": 1},
    )
    first, second = chunk_documents([document], TOKENS).chunks
    assert (first.start, first.end, first.text, first.token_count) == (0, 16, "one two  six ten", 4)
    assert (second.number, second.start, second.text) == (1, 17, "all")
    assert (second.title, second.source, second.groups) == ("T", "s", ("ops",))
    assert second.embedded_text == "T. all"
    assert second.metadata == {"a": 1}


def test_ids_stay_when_a_passage_moves_and_tell_equal_ones_apart():
    before = chunk_documents([Document(id="d", text="aa aa aa aa bb bb bb bb")], TOKENS).chunks
    after = chunk_documents(
        [Document(id="d", text="new new new new aa aa aa aa aa aa aa aa bb bb bb bb")], TOKENS
    ).chunks
    assert [chunk.id for chunk in before] == [after[1].id, after[3].id]
    assert after[1].text == after[2].text
    assert after[1].id != after[2].id
    assert after[1].content_digest == after[2].content_digest
    assert len({chunk.id for chunk in after}) == 4


def test_document_and_chunker_are_in_the_id_the_title_only_in_the_content():
    def of(document_id="d", title="", spec="tokens:4"):
        document = Document(id=document_id, title=title, text="one two")
        return chunk_documents([document], chunker(spec, BYTES)).chunks[0]

    plain = of()
    assert len({plain.id, of(document_id="e").id, of(spec="tokens:5").id}) == 3
    assert of(title="T").id == plain.id
    assert of(title="T").content_digest != plain.content_digest


def test_chunks_that_the_embedder_would_cut_are_counted():
    documents = [
        Document(id="a", text="one two six ten"),  # 4 + 2 that the model adds
        Document(id="b", title="abcd", text="one two six ten"),  # + abcd. of 2
    ]
    with pytest.warns(LongChunkWarning, match="1 of 2 chunks are longer than the 7 tokens"):
        corpus = chunk_documents(documents, TOKENS, max_tokens=7)
    assert (corpus.too_long, corpus.longest_tokens) == (1, 8)
    assert chunk_documents(documents, TOKENS, max_tokens=8).too_long == 0
    assert chunk_documents(documents, TOKENS).too_long == 0


def test_documents_without_text_are_named():
    documents = [Document(id="a", text=" \r\n"), Document(id="b", text="x")]
    corpus = chunk_documents(documents, TOKENS)
    assert (corpus.unchunked, corpus.document_count, len(corpus.chunks)) == (("a",), 2, 1)
    assert corpus.remarks == ("1 documents have no text to cut into chunks.",)


def test_what_stands_in_no_chunk_is_counted():
    corpus = chunk_documents([Document(id="d", text="one two six")], Hostile((0, 3), (8, 11)))
    assert corpus.uncovered_chars == 3


@pytest.mark.parametrize(
    "spans",
    [
        [(0, 12)],
        [(-3, 3)],
        [(3, 3)],
        [(5, 2)],
        [(4, 7), (0, 3)],
        [(0, 3.0)],
        [(0, True)],
        [(0, 3, 5)],
        ["one"],
        [None],
    ],
)
def test_places_that_cannot_be_are_refused(spans):
    with pytest.raises(RetrievalError, match="mine:1 cut d at"):
        chunk_documents([Document(id="d", text="one two six")], Hostile(*spans))


def test_progress_ends_with_the_last_document():
    told = []
    documents = [Document(id=str(number), text="x") for number in range(120)]
    chunk_documents(documents, TOKENS, on_progress=lambda *at: told.append(at))
    assert told == [(50, 120), (100, 120), (120, 120)]
