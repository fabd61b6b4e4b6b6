"""What ``workspace.scans`` takes, and what it makes of words that name nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from llmops_magics.errors import UsageError
from llmops_magics.workspace import Workspace

MAIL = "write to ann@example.org"
TOKEN = "CANARY-4711"


@pytest.fixture
def workspace(folder):
    made = Workspace(folder)
    yield made
    made.close()


def found(workspace, *targets, **options):
    options = {"detectors": ("pii",)} | options
    report = workspace.scans.scan(*targets, **options)
    return report.target_kind, [source.name for source in report.sources]


def test_a_value_is_told_apart_by_what_it_is(workspace, folder):
    (folder / "a.md").write_text(MAIL)
    assert found(workspace, Path("a.md")) == ("file", ["a.md"])
    assert found(workspace, "a.md") == ("file", ["a.md"])
    assert found(workspace, folder) == ("folder", ["a.md"])
    assert found(workspace, MAIL) == ("text", ["text"])
    assert found(workspace, {"a": MAIL}) == ("variable", ["dict['a']"])
    assert found(workspace, [1, MAIL], names=["rows"]) == ("variable", ["rows[1]"])
    assert found(workspace, {"ann@example.org": 1}) == ("variable", ["dict, keys"])
    assert found(workspace, [{"deep": [{"er": MAIL}]}]) == ("variable", ["list[0]"])
    assert found(workspace, MAIL.encode()) == ("variable", ["bytes"])


def test_datasets_and_corpora_are_read_by_name(workspace):
    workspace.datasets.resolve([{"id": "c1", "question": MAIL, "tags": ["ok"]}])
    name = workspace.datasets.names()[0]
    assert found(workspace, name) == ("dataset", ["case c1, question"])
    assert found(workspace, f"dataset:{name}@1")[0] == "dataset"
    workspace.corpora.add("docs", [{"id": "d1", "text": MAIL, "metadata": {"by": MAIL}}])
    assert found(workspace, "docs") == (
        "corpus",
        ["document d1", "document d1, title and metadata"],
    )


def test_of_a_table_its_names_and_its_index_are_read_too(workspace):
    table = pd.DataFrame([[1, MAIL]], columns=["a", "a"])
    assert found(workspace, table, names=["df"]) == ("variable", ["df['a'], row 0"])
    index = pd.Index(["ann@example.org"])
    assert found(workspace, pd.DataFrame({"a": [1]}, index=index))[1] == ["DataFrame, index"]
    assert found(workspace, pd.Series([1], index=index))[1] == ["Series, index"]
    named = pd.DataFrame({"ann@example.org": [1]})
    assert found(workspace, named)[1] == ["DataFrame, names of columns"]
    assert found(workspace, np.array([["x", MAIL]])) == ("variable", ["ndarray[0]"])
    assert found(workspace, {"k": MAIL}.values())[1] == ["dict_values[0]"]


def test_what_cannot_be_read_of_a_value_is_a_failure(workspace):
    endless = []
    endless.append(endless)
    deep = MAIL
    for _ in range(80):
        deep = [deep]
    for value in (endless, deep):
        report = workspace.scans.scan(value, detectors=["pii"])
        assert report.outcome == "failed"
        assert "nested" in report.unread[0].reason
    with pytest.raises(UsageError, match="only once"):
        workspace.scans.scan(each for each in [MAIL])


def test_no_word_is_not_the_folder_one_stands_in(workspace):
    for word in ("", "folder:"):
        with pytest.raises(UsageError, match=r"'' is no file|no file or folder ''"):
            workspace.scans.scan(word)


@pytest.mark.parametrize(
    "word", ["nope", "~nope/a.md", "dataset:nope", "corpus:nope", "run:nope", "file:nope"]
)
def test_a_word_that_names_nothing_is_refused(workspace, word):
    with pytest.raises(Exception, match=r"(?i)nope|'nope'"):
        workspace.scans.scan(word)
    with pytest.raises(UsageError, match="nothing to scan"):
        workspace.scans.scan()


def test_a_text_of_one_word_is_said_to_be_one(workspace):
    assert found(workspace, "text:ann@example.org") == ("text", ["text"])


def test_the_settings_choose_detectors_and_canaries(folder, monkeypatch):
    (folder / "llmops.toml").write_text(
        '[guard]\ndetectors = ["canary"]\ncanaries_env = ["PLANTED"]\n'
    )
    monkeypatch.setenv("PLANTED", f"OTHER-TOKEN-99, {TOKEN}")
    workspace = Workspace(folder)
    report = workspace.scans.scan(f"see {TOKEN}")
    assert report.by_kind == {"canary": 1}
    assert [use.detector for use in report.detectors] == ["canary"]
    monkeypatch.delenv("PLANTED")
    assert workspace.scans.scan("see nothing").outcome == "failed"  # which token, nobody knows


def test_the_list_says_which_are_used(workspace):
    listed = {each.name: each for each in workspace.scans.detectors().detectors}
    assert listed["pii"].is_used
    assert not listed["pii"].error
    assert not listed["classifier"].is_used
    assert "PATH" in listed["classifier"].error


def test_an_unknown_boundary_is_refused(workspace):
    with pytest.raises(UsageError, match="there is no boundary 'nowhere'"):
        workspace.scans.scan(MAIL, boundary="nowhere")
