from __future__ import annotations

from retrieval_parts import query

from llmops_magics.evals.retrieval.per_query import query_rows
from llmops_magics.retrieval.measure.query import Relevant
from llmops_magics.retrieval.measure.ranking import Hit


def rows(asked, hits, k=2, broken=None):
    return query_rows(asked, {"listed": hits}, k=k, broken=broken or {}, redacted=False)


def test_those_that_missed_most_stand_first_and_what_cannot_be_measured_last():
    asked = [query(0), query(1), query(2)]
    hits = [(Hit("d0", 0, 1, 1.0),), (), ()]
    found = rows(asked, hits, broken={"q2": "unknown document: d2"})
    assert [row.query_id for row in found] == ["q1", "q0", "q2"]


def test_a_span_is_found_by_the_first_chunk_that_holds_a_part_of_it():
    labels = (
        Relevant(document_id="d0", start=10, end=20),
        Relevant(document_id="d0", start=50, end=60),
        Relevant(document_id="d0", start=90, end=95),
    )
    hits = [(Hit("d0", 19, 30, 0.9), Hit("d1", 0, 99, 0.8), Hit("d0", 40, 55, 0.7))]
    (row,) = rows([query(0, relevant=labels)], hits)
    (result,) = row.results
    assert (row.relevant, result.found) == (3, 1)
    assert [(m.start, m.rank) for m in result.missed] == [(50, 3), (90, None)]
    assert [f.grade for f in result.fetched] == [1, None]


def test_documents_judged_several_times_count_once():
    labels = (Relevant(document_id="d0", grade=1), Relevant(document_id="d0", grade=3))
    (row,) = rows([query(0, relevant=labels)], [()])
    assert row.relevant == 1
    assert row.results[0].missed[0].grade == 3
