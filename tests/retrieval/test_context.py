from __future__ import annotations

import pandas as pd
import pytest

from llmops_magics.errors import RetrievalError
from llmops_magics.retrieval.context import (
    GivenPassage,
    Retrieved,
    attach_context,
    context_text,
    retrieved_of,
)

CASES = [{"id": "1", "question": "red?"}, {"id": "2", "question": "green?"}]


def test_texts_are_joined_by_a_blank_line(registry, documents):
    registry.build("colours", documents)
    (passages,) = registry.retrieve("colours", ["red"], k=2)
    assert context_text(passages) == "red red\n\nblue and red"
    assert context_text([]) == ""


def test_rows_and_tables_get_context_and_ids_and_stay_what_they_are(registry, documents):
    registry.build("colours", documents)
    rows = attach_context(CASES, registry, "colours")
    assert (rows[1]["context"], rows[1]["retrieved"]) == ("green", ["g"])
    assert "context" not in CASES[1]
    table = attach_context(pd.DataFrame(CASES, index=[7, 9]), registry, "colours", k=2)
    assert table["retrieved"].tolist()[0] == ["r", "b"]
    assert table.index.tolist() == [7, 9]


def test_a_case_carries_where_its_context_came_from_and_keeps_its_metadata(registry, documents):
    manifest = registry.build("colours", documents, chunker="whole")
    own = [{**CASES[0], "metadata": {"level": 2}}, {**CASES[1], "metadata": None}]
    first, second = attach_context(own, registry, "colours", k=2, column="article")
    noted = first["metadata"]["retrieval"]
    assert first["metadata"]["level"] == 2
    assert (noted["corpus"], noted["index"]) == ("colours", manifest.fingerprint)
    assert noted["passages"] == [
        {"document_id": "r", "start": 0, "end": 7, "rank": 1},
        {"document_id": "b", "start": 0, "end": 12, "rank": 2},
    ]
    assert "red red" not in str(noted)
    read = retrieved_of(first, first["metadata"])
    assert (read.question, read.column, read.of("b")[0].rank) == ("red?", "article", 2)
    assert retrieved_of(second, second["metadata"]).corpus == "colours"
    table = attach_context(pd.DataFrame(own), registry, "colours")
    assert table["metadata"][1].keys() == {"retrieval"}


def test_ids_alone_are_read_too_and_what_cannot_be_meant_is_nothing():
    passages = (GivenPassage(document_id="a", rank=1), GivenPassage(document_id="7", rank=2))
    read = retrieved_of({"retrieved": ["a", 7, None], "query": "what?"}, {})
    assert read == Retrieved(passages=passages, question="what?")
    assert retrieved_of({"question": "what?"}, {}) is None
    assert retrieved_of({"retrieved": "a"}, {"retrieval": {"passages": 3}}) is None
    odd = {"passages": [3, {"document_id": []}, {"document_id": "a", "start": "x"}], "corpus": 5}
    read = retrieved_of({}, {"retrieval": odd})
    assert (read.corpus, read.passages) == ("", (GivenPassage(document_id="a", rank=3),))


def test_an_index_that_moves_meanwhile_is_searched_again(registry, documents):
    registry.build("colours", documents)

    class Moving:
        searches = 0

        def manifest(self, corpus):
            from types import SimpleNamespace

            return SimpleNamespace(fingerprint=f"i{min(self.searches, 1)}")

        def retrieve(self, corpus, queries, *, k):
            self.searches += 1
            return registry.retrieve(corpus, queries, k=k)

    moving = Moving()
    (row,) = attach_context(CASES[:1], moving, "colours")
    assert (moving.searches, row["metadata"]["retrieval"]["index"]) == (2, "i1")


def test_a_case_without_a_question_is_named(registry, documents):
    registry.build("colours", documents)
    with pytest.raises(RetrievalError, match=r"case 1 has no text under 'q'.*id, question"):
        attach_context(CASES, registry, "colours", question="q")
    with pytest.raises(RetrievalError, match="metadata of case 1 is a str, not a mapping"):
        attach_context([{**CASES[0], "metadata": "level"}], registry, "colours")
