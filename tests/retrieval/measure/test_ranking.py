from __future__ import annotations

import pytest

from llmops_magics.errors import RetrievalError
from llmops_magics.retrieval.measure.ranking import (
    Hit,
    best_chunks,
    check_hits,
    document_scores,
    hits_of,
    ranked,
)
from llmops_magics.retrieval.passage import Passage

HITS = (Hit("a", 0, 5, 0.9), Hit("b", 0, 5, 0.8), Hit("a", 5, 9, 0.95), Hit("c", 0, None, 0.1))


def test_a_document_stands_where_its_best_chunk_stands():
    assert document_scores(HITS) == {"a": 0.95, "b": 0.8, "c": 0.1}
    assert [hit.start for hit in best_chunks(HITS)] == [5, 0, 0]


def test_ties_in_single_precision_go_by_id_the_last_first():
    assert ranked({"a": 1.0, "b": 1.0 + 1e-10, "c": 0.5}) == ["b", "a", "c"]
    assert ranked({"b": 1.0, "a": 1.0}) == ranked({"a": 1.0, "b": 1.0})


def test_passages_become_hits():
    passage = Passage(document_id="a", text="A text", start=3, end=9, score=0.5, rank=1)
    assert hits_of([passage]) == (Hit("a", 3, 9, 0.5),)


def test_a_score_that_is_no_number_names_retriever_query_and_document():
    with pytest.raises(RetrievalError, match="dense scored 'a' with nan for the query 'q1'"):
        check_hits("q1", [Hit("a", 0, 1, float("nan"))], "dense")
