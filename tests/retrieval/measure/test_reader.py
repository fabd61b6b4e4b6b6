from __future__ import annotations

import json

import pytest

from llmops_magics.errors import RetrievalError
from llmops_magics.retrieval.measure.query import Relevant, queries_of_cases
from llmops_magics.retrieval.measure.reader import numbered, read_queries, read_rows

ROW = {"id": "q1", "text": "What?", "relevant": ["a"]}


def lines(path, *rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def rows(*given):
    return read_rows(numbered(given, "rows"), "rows")


def test_a_file_with_its_labels(tmp_path):
    label = {"document_id": "b", "grade": 2, "start": 3, "end": 9}
    path = lines(tmp_path / "asked.jsonl", {**ROW, "tags": ["hard"], "relevant": ["a", label]})
    found = read_queries(path)
    (query,) = found.queries
    assert (found.name, query.tags) == ("asked", ("hard",))
    assert query.relevant == (
        Relevant(document_id="a"),
        Relevant(document_id="b", grade=2, start=3, end=9),
    )
    assert query.grades == {"a": 1, "b": 2}


def test_a_folder_with_judgements_beside(tmp_path):
    lines(tmp_path / "queries.jsonl", {"id": "1", "text": "A?"}, {"id": "2", "text": "B?"})
    lines(tmp_path / "qrels.jsonl", {"qid": "1", "did": "x", "rel": 1}, {"qid": "9", "did": "x"})
    found = read_queries(tmp_path)
    assert [query.id for query in found.queries] == ["1"]
    assert [remark[:22] for remark in found.remarks] == [
        "1 of 2 queries name no",
        "1 queries have judgeme",
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("qrels.tsv", "query-id\tcorpus-id\tscore\n1\tx\t2\n"),
        ("qrels.txt", "1 0 x 2\n"),
    ],
)
def test_beirs_table_and_trecs_columns(tmp_path, name, text):
    lines(tmp_path / "queries.jsonl", {"_id": "1", "text": "A?"})
    (tmp_path / name).write_text(text)
    (query,) = read_queries(tmp_path / "queries.jsonl").queries
    assert query.relevant == (Relevant(document_id="x", grade=2),)
    assert read_queries(tmp_path, tmp_path / name).queries == (query,)


def test_the_public_collections_are_read(shared_ir):
    scifact = read_queries(shared_ir / "scifact")
    assert len(scifact.queries) == 300
    assert sum(len(query.relevant) for query in scifact.queries) == 339
    spans = read_queries(shared_ir / "state_of_the_union").queries
    assert (len(spans), sum(len(query.relevant) for query in spans)) == (76, 95)
    assert all(query.has_spans and query.relevant[0].quote for query in spans)


def test_queries_go_into_a_dataset_and_come_back():
    label = {"document_id": "b", "grade": 2, "start": 0, "end": 9, "quote": "One"}
    given = {**ROW, "relevant": ["a", label], "tags": ["t"], "group": "g", "synthetic": True}
    found = rows(given)
    cases = found.as_dataset().cases
    assert cases[0].inputs == {"query": "What?"}
    assert read_rows(numbered(queries_of_cases(cases), "rows"), "rows") == found


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"text": "  "}, "row 1: the query 'q1' has no text"),
        ({"text": None}, "has no text"),
        ({"id": ""}, "row 1: '' cannot be the id of a query"),
        ({"id": None}, "cannot be the id"),
        ({"id": "x" * 201}, "cannot be the id"),
        ({"relevant": [{"grade": 1}]}, "row 1: None cannot be the id of a document"),
        ({"relevant": [{"id": "a", "grade": 1.5}]}, "`grade` is 1.5, no whole number"),
        ({"relevant": [{"id": "a", "grade": 10**400}]}, "`grade` is 1000000"),
        ({"relevant": [{"id": "a", "grade": 1e300}]}, "`grade` is 1e\\+300, no whole number"),
        ({"relevant": [{"id": "a", "grade": float("nan")}]}, "`grade` is nan, no whole"),
        ({"relevant": [{"id": "a", "start": 1}]}, "a span needs `start` and `end`"),
        ({"relevant": 7}, "`relevant` is a int"),
        ({"relevant": [None]}, "a judgement is an object or an id"),
        ({"relevant": []}, "no query of rows names anything relevant"),
        ({"tags": [1]}, "`tags` is no list of texts"),
    ],
)
def test_what_cannot_be_meant_is_said_with_its_place(change, words):
    with pytest.raises(RetrievalError, match=words):
        rows({**ROW, **change})


def test_an_id_twice_is_refused():
    with pytest.raises(RetrievalError, match="rows has the same query id twice: q1"):
        rows(ROW, ROW)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "asked holds no queries"),
        (b"{nonsense\n", "asked.jsonl, line 1: broken JSON"),
        (b"\xff\xfe{}", "is not UTF-8 text"),
        (b"[1]\n", "a query is an object, not a list"),
        (b'{"id": "1", "text": "A?"}\n', "no judgements lie beside it"),
    ],
)
def test_files_that_cannot_be_read(tmp_path, content, words):
    path = tmp_path / "asked.jsonl"
    path.write_bytes(content)
    with pytest.raises(RetrievalError, match=words):
        read_queries(path)


def test_a_table_without_its_columns_names_the_line(tmp_path):
    lines(tmp_path / "queries.jsonl", {"id": "1", "text": "A?"})
    (tmp_path / "qrels.tsv").write_text("1\tx\n")
    with pytest.raises(RetrievalError, match="line 1: 2 columns are no judgement"):
        read_queries(tmp_path)


def test_no_file():
    with pytest.raises(RetrievalError, match=r"cannot read nowhere\.jsonl"):
        read_queries("nowhere.jsonl")
