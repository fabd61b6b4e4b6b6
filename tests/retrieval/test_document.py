from __future__ import annotations

import pandas as pd
import pytest

from llmops_magics.errors import RetrievalError
from llmops_magics.retrieval.document import (
    Document,
    check_documents,
    corpus_fingerprint,
    load_documents,
)

ROWS = [{"id": "a", "title": "A", "text": "one", "updated": "2026-01-01"}, {"id": 2, "text": "two"}]


def test_a_file_rows_and_a_table_give_the_same_documents(tmp_path):
    path = tmp_path / "corpus.jsonl"
    path.write_text(
        '\ufeff{"id": "a", "title": "A", "text": "one", "updated": "2026-01-01"}\n\n'
        '{"id": "2", "text": "two"}\n',
        encoding="utf-8",
    )
    expected = (
        Document(id="a", title="A", text="one", metadata={"updated": "2026-01-01"}),
        Document(id="2", text="two"),
    )
    assert load_documents(path) == load_documents(str(path)) == expected
    assert load_documents(ROWS) == load_documents(pd.DataFrame(ROWS)) == expected


def test_times_of_a_table_become_text():
    table = pd.DataFrame({"id": [1.0, 2.0], "text": ["x", "y"], "at": [pd.Timestamp(0), pd.NaT]})
    first, second = load_documents(table)
    assert first.metadata == {"at": "1970-01-01T00:00:00"}
    assert (second.id, second.metadata) == ("2", {})


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([], "no documents"),
        ([{"id": "a", "text": "x"}, {"id": "a", "text": "y"}], "same id: a"),
        ([{"id": "a", "text": "x"}, {"id": "b", "text": " "}], "row 2: the document has no text"),
        ([{"id": "a", "title": "T"}], "row 1: the document has no text"),
        ([{"text": "x"}], "row 1: None cannot be the id"),
        ([{"id": "a\nb", "text": "x"}], "cannot be the id"),
        ([{"id": "a", "text": 5}], "`text` is a int"),
        ([{"id": "a", "text": "\ud800"}], "half a character"),
        ([{"id": "a", "text": "x", "metadata": [1]}], "`metadata` is a list"),
        ([{"id": "a", "text": "x", "thing": object()}], "cannot be stored as JSON"),
        (["text"], "a document is a mapping"),
        (7, "cannot be read from a int"),
    ],
)
def test_what_is_wrong_with_rows_is_said(rows, says):
    with pytest.raises(RetrievalError, match=says):
        load_documents(rows)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'{"id": "a", "text": "x"}\n{"id": "b",', "c.jsonl, line 2: broken JSON"),
        (b"\n\n", "no documents"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[1]", "line 1: a document is a mapping"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path, content, says):
    (tmp_path / "c.jsonl").write_bytes(content)
    with pytest.raises(RetrievalError, match=says):
        load_documents(tmp_path / "c.jsonl")


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(RetrievalError, match="No such file"):
        load_documents(tmp_path / "none.jsonl")


def test_the_fingerprint_ignores_order_and_sees_every_change():
    one, two = load_documents(ROWS)
    assert corpus_fingerprint([one, two]) == corpus_fingerprint([two, one])
    changed = load_documents([ROWS[0], {"id": 2, "text": "two."}])
    assert corpus_fingerprint(changed) != corpus_fingerprint([one, two])


def test_the_digest_is_of_the_content_and_not_of_where_it_is_from():
    one = load_documents([{"id": "a", "text": "x", "groups": ["b", "a"]}])[0]
    assert one.digest == Document(id="a", text="x", groups=("a", "b"), source="s").digest
    moved = {"source": "s", "updated_at": "2026-01-01"}
    assert load_documents([{"id": "a", "text": "x", "groups": "a b", **moved}])[0] != one
    for other in ({"groups": ["a"]}, {"title": "t"}, {"id": "b"}, {"more": 1}):
        row = {"id": "a", "text": "x", "groups": ["a", "b"], **other}
        assert load_documents([row])[0].digest != one.digest


def test_documents_in_no_group_are_refused_with_a_count():
    rows = [{"id": "a", "text": "x", "groups": []}, {"id": "b", "text": "x"}]
    with pytest.raises(RetrievalError, match=r"1 of 2 documents are in no group: a\."):
        load_documents(rows)
    with pytest.raises(RetrievalError, match="in no group"):
        check_documents([Document(id="a", text="x", groups=())])
