import json
import os

import pytest

from llmops_magics.guard.survey import file as module
from llmops_magics.guard.survey.file import read_path


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "b.txt").write_text("two")
    (tmp_path / "a.md").write_text("\ufeffone", "utf-8")
    (tmp_path / ".env").write_text("hidden")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_text("left out")
    (tmp_path / "p.bin").write_bytes(b"\0\1")
    (tmp_path / "link").symlink_to(tmp_path / "a.md")
    (tmp_path / "up").symlink_to(tmp_path.parent)
    cells = [{"cell_type": "markdown", "source": "in a cell", "metadata": {}}]
    (tmp_path / "n.ipynb").write_text(json.dumps({"cells": cells}))
    return tmp_path


def test_a_folder_is_read_in_order_with_what_was_passed_over(tree):
    pieces, unread = read_path(tree, tree)
    assert [(piece.file, piece.text) for piece in pieces] == [
        (".env", "hidden"),
        ("a.md", "one"),
        ("b.txt", "two"),
        ("n.ipynb", "in a cell"),
    ]
    assert [piece.has_lines for piece in pieces] == [True, True, True, False]
    assert sorted((each.name, each.reason) for each in unread) == [
        ("link", "a link"),
        ("p.bin", "binary"),
        ("up", "a link"),
    ]
    assert not any(each.is_failure for each in unread)


def test_what_is_too_large_or_too_much_is_a_failure(tree, monkeypatch):
    monkeypatch.setattr(module, "MAX_FILE_BYTES", 4)
    _, unread = read_path(tree, tree)
    assert {each.name for each in unread if each.is_failure} == {".env", "a.md", "n.ipynb"}
    monkeypatch.setattr(module, "MAX_FILES", 2)
    monkeypatch.setattr(module, "MAX_FILE_BYTES", 4_000)
    pieces, unread = read_path(tree, tree)
    assert len(pieces) == 2
    assert "ends after 2 files" in unread[-1].reason


def test_a_file_that_cannot_be_read_is_a_failure(tmp_path):
    _, unread = read_path(tmp_path / "gone.txt")
    assert unread[0].is_failure


def test_a_pipe_is_never_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert read_path(tmp_path)[1][0].reason == "no regular file"


def test_a_broken_notebook_is_read_as_text(tmp_path):
    (tmp_path / "n.ipynb").write_text("{ my key")
    pieces, unread = read_path(tmp_path / "n.ipynb", tmp_path)
    assert pieces[0].text == "{ my key"
    assert unread[0].reason.startswith("no notebook, its plain text was scanned")


@pytest.mark.parametrize("content", [b"{ my key", b"{}", b"\0\1", b""])
def test_a_damaged_notebook_fails_a_scan_that_names_it(tmp_path, content):
    (tmp_path / "n.ipynb").write_bytes(content)
    assert [each.is_failure for each in read_path(tmp_path / "n.ipynb")[1]] == [True]
    assert [each.is_failure for each in read_path(tmp_path)[1]] == [False]


def test_utf_16_is_no_binary(tmp_path):
    (tmp_path / "w.txt").write_bytes("wide".encode("utf-16"))
    assert read_path(tmp_path / "w.txt")[0][0].text == "wide"


@pytest.mark.parametrize(("name", "boundary"), [("a.MD", "retrieval"), ("a.py", "input")])
def test_documents_are_what_retrieval_brings(tmp_path, name, boundary):
    (tmp_path / name).write_text("text")
    assert read_path(tmp_path / name)[0][0].boundary == boundary
