"""Chunks of a few words, and a searcher whose ranking is given."""

from __future__ import annotations

from dataclasses import replace

import pytest

from llmops_magics.retrieval.access import Principal
from llmops_magics.retrieval.chunking.chunk import Chunk
from llmops_magics.retrieval.passage import Passage


def _chunk(id_, text, groups=("public",)):
    return Chunk(
        id=id_,
        document_id=f"doc-{id_}",
        number=0,
        start=0,
        end=len(text),
        text=text,
        token_count=len(text.split()),
        groups=groups,
    )


def _passage(id_, rank=1, score=1.0, groups=("public",)):
    return Passage(
        document_id=f"doc-{id_}", chunk_id=id_, text=id_, score=score, rank=rank, groups=groups
    )


class _Ranked:
    """Gives every query the same passages."""

    def __init__(self, *ids, name="ranked"):
        self.name = name
        self.passages = [_passage(id_, rank) for rank, id_ in enumerate(ids, 1)]
        self.asked_for = []

    def search(self, queries, *, k, principal):
        self.asked_for.append(k)
        return [[replace(p) for p in self.passages[:k]] for _ in queries]


@pytest.fixture
def ada():
    return Principal.of("ada", ["hr"])


@pytest.fixture
def chunk():
    """Make a chunk of an id, a text and the groups that may read it."""
    return _chunk


@pytest.fixture
def passage():
    """Make a passage of an id, a rank, a score and groups."""
    return _passage


@pytest.fixture
def ranked():
    """Make a searcher that finds these ids in this order."""
    return _Ranked
