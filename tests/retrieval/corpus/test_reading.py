"""Sources as they are found: what is read of them, what is skipped, and what is refused."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pandas as pd
import pytest

from llmops_magics.errors import RetrievalError
from llmops_magics.retrieval.corpus.reading import Reading
from llmops_magics.retrieval.corpus.source import describe
from llmops_magics.retrieval.document import Document


def read(source, **options):
    limits = {"max_bytes": options.pop("max_bytes", 100_000)}
    limits["on_progress"] = options.pop("on_progress", None)
    reading = Reading(describe(source, **options), source, **limits)
    return list(reading), {each.reason: each.count for each in reading.skipped}


def ids(documents):
    return [document.id for document in documents]


def test_a_folder_is_read_in_order_and_the_rest_is_counted(docs):
    (docs / "b" / "c").mkdir(parents=True)
    (docs / "b" / "c" / "x.md").write_text("# X\ntext")
    (docs / "a.txt").write_text("text")
    (docs / "LICENSE").write_text("free")
    (docs / "image.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    (docs / "empty.txt").write_text(" \n")
    (docs / ".env").write_text("KEY=1")
    (docs / ".git").mkdir()
    (docs / ".git" / "config").write_text("x")
    (docs / "rows.jsonl").write_text('{"id": "r1", "text": "one"}\n')
    os.mkfifo(docs / "pipe")
    documents, skipped = read(docs)
    assert ids(documents) == ["LICENSE", "a.txt", "r1", "b/c/x.md"]
    assert skipped == {"hidden": 2, "binary": 1, "no text": 1, "not a regular file": 1}


def test_a_link_is_never_followed(docs, tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "o.txt").write_text("secret")
    (docs / "a.txt").write_text("text")
    (docs / "out.txt").symlink_to(tmp_path / "secret.txt")
    (docs / "inside.txt").symlink_to("a.txt")
    (docs / "folder").symlink_to(tmp_path / "other")
    (docs / "loop").symlink_to(".")
    documents, skipped = read(docs)
    assert (ids(documents), skipped) == (["a.txt"], {"a symbolic link": 4})


def test_what_may_not_be_read_is_skipped(in_child):
    folder = Path(tempfile.mkdtemp(prefix="llmops-corpus-"))
    folder.chmod(0o755)
    (folder / "a.txt").write_text("text")
    (folder / "closed.txt").write_text("text")
    (folder / "closed.txt").chmod(0)
    (folder / "shut").mkdir(mode=0)

    def work():
        if os.geteuid() == 0:
            os.setuid(65534)  # root may read everything
        documents, skipped = read(folder)
        return ids(documents) == ["a.txt"] and skipped == {"unreadable: Permission denied": 2}

    try:
        read(Path(__file__))  # imports what the child needs
        assert in_child(work)
    finally:
        shutil.rmtree(folder)


def test_nothing_to_read_is_an_error_that_says_why(docs):
    with pytest.raises(RetrievalError, match=r"no documents\. Give at least one"):
        read(docs)
    (docs / "a.bin").write_bytes(b"\0\1")
    with pytest.raises(RetrievalError, match=r"no documents: 1 skipped, binary \(a.bin\)"):
        read(docs)
    with pytest.raises(RetrievalError, match=r"1 skipped, binary \(a.bin\)"):
        read(docs / "a.bin")
    for empty in ([], pd.DataFrame({"id": [], "text": []}), lambda: iter(())):
        with pytest.raises(RetrievalError, match="no documents"):
            read(empty)
    with pytest.raises(RetrievalError, match="there is no file or folder"):
        read(docs / "none")


def test_encodings_are_recorded(docs):
    (docs / "u.txt").write_text("Größe", encoding="utf-8")
    (docs / "w.txt").write_bytes("Größe und Übermaß, bitte prüfen.".encode("cp1252"))
    (docs / "x.txt").write_bytes(bytes(range(128, 256)) * 20)
    (docs / "y.md").write_text("---\na: 1\n---\nGröße", encoding="utf-16")
    documents, skipped = read(docs)
    metadata = {document.id: document.metadata for document in documents}
    assert metadata == {
        "u.txt": {},
        "w.txt": {"encoding": "cp1252"},
        "y.md": {"a": 1, "encoding": "utf-16"},
    }
    assert skipped == {"in no encoding that can be told": 1}
    with pytest.raises(RetrievalError, match="'rot13' is no text encoding"):
        read(docs, encoding="rot13")


def test_two_documents_with_one_id_are_refused(docs):
    (docs / "a.jsonl").write_text('{"id": "x", "text": "one"}\n')
    (docs / "b.jsonl").write_text('{"id": "x", "text": "two"}\n')
    with pytest.raises(RetrievalError, match="the same id: x"):
        read(docs)


def test_a_broken_line_refuses_all_of_it(docs):
    (docs / "a.jsonl").write_text('{"id": "x", "text": "one"}\n{"id": ')
    with pytest.raises(RetrievalError, match=r"a.jsonl, line 2: broken JSON"):
        read(docs)


def test_a_line_has_a_limit_and_a_file_of_lines_has_none(docs):
    path = docs / "a.jsonl"
    path.write_text("".join(f'{{"id": "{n}", "text": "{"x" * 900}"}}\n' for n in range(200)))
    assert len(read(path)[0]) == 200
    path.write_text(f'{{"id": "a", "text": "{"x" * 200_000}"}}')
    with pytest.raises(RetrievalError, match=r"line 1 is over 0 MB.*max_document_mb"):
        read(path)


def test_groups_are_the_documents_own_else_those_given_else_public(docs):
    rows = [{"id": "a", "text": "x", "groups": ["hr", "hr "]}, {"id": "b", "text": "x"}]
    assert [d.groups for d in read(rows)[0]] == [("hr",), ("public",)]
    assert [d.groups for d in read(rows, groups=["legal"])[0]] == [("hr",), ("legal",)]
    made = [Document(id="c", text="x"), Document(id="d", text="x", groups=("hr",))]
    assert [d.groups for d in read(made, groups=["legal"])[0]] == [("legal",), ("hr",)]
    (docs / "a.md").write_text("---\ngroups: hr\n---\ntext")
    assert read(docs)[0][0].groups == ("hr",)
    with pytest.raises(RetrievalError, match="in no group: nobody could read them"):
        read(rows, groups=[])


@pytest.mark.parametrize("none", [[], None, "", [" "]])
def test_a_document_in_no_group_is_refused_and_counted(none):
    rows = [{"id": "a", "text": "x", "groups": none}, {"id": "b", "text": "x"}]
    for source in (rows, pd.DataFrame([*rows[:1], {**rows[1], "groups": ["public"]}])):
        documents, skipped = read(source)
        assert (ids(documents), sum(skipped.values())) == (["b"], 1)
    with pytest.raises(RetrievalError, match=r"1 skipped, in no group.* \(a\)"):
        read(rows[:1])


def test_a_function_yields_documents_or_mappings():
    def pages():
        yield Document(id="a", text="one")
        yield {"id": "b", "text": "two", "updated_at": "2026-01-02"}

    assert ids(read(pages)[0]) == ["a", "b"]
    assert ids(read(lambda: pd.DataFrame({"id": [1, 2], "text": ["x", "y"]}))[0]) == ["1", "2"]


def fails_at_once():
    raise ValueError("no token")


def fails_later():
    yield {"id": "a", "text": "x"}
    raise ValueError("page 2 is gone")


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (fails_at_once, "the function fails_at_once raised ValueError: no token"),
        (fails_later, "raised ValueError: page 2 is gone"),
        (lambda: 7, "raised TypeError"),
        (lambda x: x, "raised TypeError"),
        (lambda: ["text"], "document 1: a document is a mapping"),
        (lambda: [Document(id="", text="x")], "cannot be the id"),
    ],
)
def test_a_function_that_fails_is_an_error(function, says):
    with pytest.raises(RetrievalError, match=says):
        read(function)


@pytest.mark.parametrize("source", [7, None, {"id": "a"}, b"x"])
def test_what_is_no_source_is_said(source):
    with pytest.raises(RetrievalError, match="cannot be read from a"):
        read(source)


def test_times_are_read_and_a_wrong_one_is_said():
    rows = [{"id": "a", "text": "x", "updated_at": "2026-01-02T03:00:00+02:00"}]
    assert read(rows)[0][0].updated_at.isoformat() == "2026-01-02T01:00:00+00:00"
    with pytest.raises(RetrievalError, match="'soon', which is no time"):
        read([{**rows[0], "updated_at": "soon"}])


def test_reasons_are_as_many_as_fit_a_record():
    reading = Reading(describe([]), [])
    for number in range(80):
        reading._skip(f"reason {number}", "a" * 9)
    assert len(reading.skipped) == 51
    assert reading.skipped[0].count == 30


def test_progress_is_told(docs):
    for number in range(3):
        (docs / f"{number}.txt").write_text("x")
    told = []
    read(docs, on_progress=lambda *what: told.append(what))
    assert [what[1:] for what in told] == [(3, 3)]
