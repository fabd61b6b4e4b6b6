"""``workspace.guard`` at the boundary of retrieval, and in one line of Python."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import llmops_magics
import llmops_magics.views  # a record shows itself
from llmops_magics.errors import BlockedError, UsageError
from llmops_magics.guard.boundary.taint import conversation
from llmops_magics.retrieval.index.registry import IndexRegistry
from llmops_magics.retrieval.passage import Passage
from llmops_magics.workspace import Workspace

TEXTS = ("Refunds take days.", "Write to ann@example.com.", "Closed on sunday.")


class Flat:
    """Finds everything alike."""

    name = "test/flat"
    dimension = 2
    fingerprint = "sha256:flat"

    def embed(self, texts):
        return np.ones((len(texts), 2), dtype=np.float32)


def found():
    return [
        [
            Passage(document_id=f"d{rank}", title="T", text=text, score=1 / rank, rank=rank)
            for rank, text in enumerate(TEXTS, 1)
        ]
    ]


@pytest.fixture
def guarded(folder):
    opened = []

    def start(rules):
        (folder / "llmops.toml").write_text('[guard]\ndetectors = ["pii"]\n' + rules)
        opened.append(Workspace(folder))
        return opened[-1]

    yield start
    for each in opened:
        each.close()


def rule(action):
    return f'[[guard.policy]]\nboundary = "retrieval"\nkind = "pii"\naction = "{action}"\n'


def test_a_refused_passage_stays_behind_and_the_others_move_up(guarded):
    workspace = guarded(rule("block"))
    (kept,) = workspace.guard.passages("docs", found())
    assert [(p.document_id, p.rank) for p in kept] == [("d1", 1), ("d3", 2)]
    (decision,) = workspace.guard.decisions().decisions
    assert (decision.action, decision.subject) == ("block", "docs/d2")


def test_a_passage_is_redacted_in_its_place(guarded):
    workspace = guarded(rule("redact"))
    (kept,) = workspace.guard.passages("docs", found())
    assert [p.text for p in kept] == [TEXTS[0], "Write to [email-1].", TEXTS[2]]
    assert kept[0] == found()[0][0]


def test_what_nobody_answers_for_stays_behind(guarded):
    workspace = guarded("ask_timeout_s = 0.1\n" + rule("ask"))
    (kept,) = workspace.guard.passages("docs", found())
    assert [p.document_id for p in kept] == ["d1", "d3"]


def test_where_a_detector_cannot_look_nothing_is_handed_out(guarded, folder):
    guarded("")
    (folder / "llmops.toml").write_text('[guard]\ndetectors = ["gone"]\n' + rule("block"))
    workspace = Workspace(folder)
    with pytest.raises(BlockedError, match="could not look"):
        workspace.guard.passages("docs", found())
    workspace.close()


def test_what_is_found_taints_also_where_nothing_is_scanned(folder):
    workspace = Workspace(folder)
    with conversation() as own:
        assert workspace.guard.passages("docs", found()) == found()
        assert own.sources == ("corpus docs",)
    workspace.close()


def test_a_search_is_checked(guarded, tmp_path):
    workspace = guarded(rule("block"))
    registry = IndexRegistry(workspace.store, tmp_path / "chroma", Flat, lambda: "ada")
    workspace.corpora.add("docs", [{"id": str(n), "text": t} for n, t in enumerate(TEXTS)])
    registry.build("docs", workspace.corpora.documents("docs"), chunker="whole")
    search = replace(workspace.search, indexes=lambda: registry)
    (kept,) = search("docs", ["refunds"], k=3, retriever="dense")
    assert sorted(p.document_id for p in kept) == ["0", "2"]
    assert [p.rank for p in kept] == [1, 2]
    one = search.one("docs", "refunds", k=3, retriever="dense")
    assert (len(one.passages), one.held_back) == (2, 1)
    assert "1 held back by [guard]" in str(one)


def test_an_unknown_boundary(guarded):
    with pytest.raises(UsageError, match="no boundary 'inputs'"):
        guarded("").guard.boundary("inputs", "x")


def test_the_public_functions(guarded, folder):
    guarded('[[guard.policy]]\nkind = "pii"\naction = "redact"\n')
    assert "".join(llmops_magics.guard_stream(["ann@exam", "ple.com"])) == "[email-1]"

    @llmops_magics.guarded_tool(side_effect=False)
    def greet(name):
        return f"Dear {name}"

    assert greet("bob@example.com") == "Dear [email-1]"
