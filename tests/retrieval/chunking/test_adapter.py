"""The adapters with small libraries of the same form as the real ones."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import pytest

from llmops_magics.errors import RetrievalError
from llmops_magics.retrieval.chunking import adapter
from llmops_magics.retrieval.chunking.registry import chunker
from llmops_magics.retrieval.chunking.tokenizer import BYTES

TEXT = "Same words here.\n\nSame words here.\n\nOther words."


class TextSplitter:
    """What splitters with sizes are, as in langchain-text-splitters."""


class ParagraphSplitter(TextSplitter):
    """As in langchain-text-splitters: ``split_text`` gives texts."""

    def __init__(self, chunk_size=4000, chunk_overlap=200, length_function=len):
        if chunk_overlap > chunk_size:
            raise ValueError("overlap")
        self.chunk_size, self.length = chunk_size, length_function

    def split_text(self, text):
        parts = text.split("\n\n")
        if max(map(self.length, parts)) > self.chunk_size:
            return text.split()
        return parts


class ShoutingSplitter(ParagraphSplitter):
    def split_text(self, text):
        return [part.upper() for part in super().split_text(text)]


class LineSplitter:
    """One without sizes."""

    def split_text(self, text):
        return [SimpleNamespace(page_content=line) for line in text.splitlines()]


class ParagraphChunker:
    """As in chonkie: ``chunk`` gives objects with a text and where they say it begins."""

    def __init__(self, tokenizer="character", chunk_size=2048):
        self.count = len if tokenizer == "character" else tokenizer

    def chunk(self, text):
        return [
            SimpleNamespace(text=part, start_index=text.find(part)) for part in text.split("\n\n")
        ]


class BrokenChunker(ParagraphChunker):
    def chunk(self, text):
        raise IndexError("inside")


@pytest.fixture(autouse=True)
def libraries(monkeypatch):
    langchain, chonkie = ModuleType("langchain_text_splitters"), ModuleType("chonkie")
    langchain.ParagraphSplitter = ParagraphSplitter
    langchain.ShoutingSplitter = ShoutingSplitter
    langchain.LineSplitter = LineSplitter
    langchain.TextSplitter = TextSplitter
    langchain.HELLO = "hello"
    chonkie.ParagraphChunker = ParagraphChunker
    chonkie.BrokenChunker = BrokenChunker
    monkeypatch.setitem(sys.modules, "langchain_text_splitters", langchain)
    monkeypatch.setitem(sys.modules, "chonkie", chonkie)
    monkeypatch.setattr(adapter, "version", lambda name: "1.0")


@pytest.mark.parametrize(
    "spec", ["langchain:ParagraphSplitter?chunk_size=100", "chonkie:ParagraphChunker"]
)
def test_equal_paragraphs_get_their_own_places(spec):
    """The library's own places say that the second one begins at 0."""
    assert chunker(spec, BYTES).split(TEXT) == [(0, 16), (18, 34), (36, 48)]


def test_a_splitter_without_sizes_that_gives_documents():
    assert chunker("langchain:LineSplitter", BYTES).split(TEXT) == [(0, 16), (18, 34), (36, 48)]


def test_sizes_are_characters_unless_tokens_are_asked_for():
    in_characters = chunker("langchain:ParagraphSplitter?chunk_size=10", BYTES)
    in_tokens = chunker("langchain:ParagraphSplitter?chunk_size=10&length=tokens", BYTES)
    assert len(in_characters.split(TEXT)) == 8
    assert len(in_tokens.split(TEXT)) == 3
    assert in_characters.fingerprint != in_tokens.fingerprint


def test_the_name_says_it_all_and_gives_the_same_chunker():
    made = chunker("langchain:ParagraphSplitter?length=tokens&chunk_size=10", BYTES)
    assert made.name == "langchain:ParagraphSplitter?chunk_overlap=0&chunk_size=10&length=tokens"
    assert chunker(made.name, BYTES).fingerprint == made.fingerprint


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("langchain:ShoutingSplitter?chunk_size=100", "cannot be told"),
        ("langchain:ParagraphSplitter?chunk_size=1&chunk_overlap=5", "cannot be made"),
        ("langchain:ParagraphSplitter?size=1", "cannot be made"),
        ("langchain:Paragraph", "no class"),
        ("langchain:HELLO", "no class"),
        ("langchain:__class__", "no class"),
        ("langchain:ParagraphSplitter?chunk_size", "no parameters"),
        ("langchain:ParagraphSplitter?length=words", "length"),
        ("chonkie:BrokenChunker", "raised IndexError"),
    ],
)
def test_what_goes_wrong_is_said(spec, said):
    with pytest.raises(RetrievalError, match=said):
        chunker(spec, BYTES).split(TEXT)


@pytest.mark.parametrize(
    ("spec", "module", "package"),
    [
        ("langchain:X", "langchain_text_splitters", "langchain-text-splitters"),
        ("chonkie:X", "chonkie", "chonkie"),
    ],
)
def test_a_library_that_is_missing_is_named(monkeypatch, spec, module, package):
    monkeypatch.setitem(sys.modules, module, None)  # as if it were not installed
    with pytest.raises(RetrievalError, match=f"pip install {package}"):
        chunker(spec, BYTES)
