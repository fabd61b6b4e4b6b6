"""Causes in a whole workspace: a corpus of files, an index, an eval, and the report beside it."""

from __future__ import annotations

import numpy as np
import pytest

from llmops_magics.errors import UsageError
from llmops_magics.evals.cause.record import CAUSES
from llmops_magics.retrieval.context import attach_context
from llmops_magics.retrieval.index.registry import IndexRegistry
from llmops_magics.views.evaluation import eval_run_html, eval_run_text
from llmops_magics.workbench.indexes import Indexes
from llmops_magics.workspace import Workspace

TEXTS = {
    "tank.txt": "The water tank holds 3.2 litres.",
    "lamp.txt": "The lamp uses 22 watts.",
    "returns.txt": "Send it back within 14 days.",
    "wifi.txt": "The network is 2.4 GHz.",
}
CASES = [
    {"id": "unused", "question": "tank", "expected": "3.2 litres", "relevant": ["tank.txt"]},
    {"id": "wrong", "question": "lamp", "expected": "22 watts", "relevant": ["lamp.txt"]},
    {"id": "missed", "question": "lamp?", "expected": "2.4 GHz", "relevant": ["wifi.txt"]},
    {"id": "guessed", "question": "tank!", "expected": "14 days"},
    {"id": "absent", "question": "tank?", "expected": "5 years", "relevant": ["warranty.txt"]},
    {"id": "fine", "question": "returns", "expected": "14 days", "relevant": ["returns.txt"]},
]
ANSWERS = {
    "tank": "Hello there!",
    "lamp": "It uses 99 watts.",
    "returns": "14 days",
}


class WordEmbedder:
    """Counts the words that the documents are found by."""

    name = "test/words"
    dimension = 4
    fingerprint = "sha256:words"

    def embed(self, texts):
        words = ("tank", "lamp", "send", "network")
        known = [text.lower().replace("returns", "send") for text in texts]
        rows = [[text.count(word) for word in words] for text in known]
        return np.array(rows, dtype=np.float32) + np.float32(0.001)


def answer(question):
    return ANSWERS.get(question.rstrip("?!"), "Hello!")


@pytest.fixture
def docs(tmp_path):
    folder = tmp_path / "docs"
    folder.mkdir()
    for name, text in TEXTS.items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def workspace(tmp_path, docs):
    made = Workspace(tmp_path)
    registry = IndexRegistry(
        made.store, tmp_path / "chroma", WordEmbedder, lambda: "ada",
        corpora=lambda: made.corpora.registry,
    )  # fmt: skip
    made._retrieving.__dict__["indexes"] = Indexes(
        lambda: registry, lambda: made.corpora.registry, root=tmp_path
    )
    made.corpora.add("docs", docs)
    made.indexes.build("docs", chunker="whole")
    yield made
    made.close()


@pytest.fixture
def cases(workspace):
    return attach_context(CASES, workspace.indexes, "docs")


def test_a_run_carries_its_causes_and_keeps_them(workspace, cases):
    run = workspace.evaluate(answer, cases, ["contains"])
    assert {row.case_id: row.cause for row in run.causes.rows} == {
        "unused": "retrieved but unused",
        "wrong": "used but wrong",
        "missed": "not retrieved",
        "guessed": "not retrieved",
        "absent": "not in the corpus",
    }
    assert (run.causes.retrieval_count, run.causes.model_count) == (3, 2)
    by_id = {row.case_id: row for row in run.causes.rows}
    assert (by_id["guessed"].is_guess, by_id["missed"].is_guess) == (True, False)
    assert by_id["missed"].rank in (2, 3, 4)
    assert run.causes.index_then == run.causes.index_now
    again = workspace.run(run.run_id)
    assert again.causes == run.causes
    assert again.causes_artifact == run.causes_artifact
    assert "causes" in run.to_dict()
    assert "Why cases failed" in eval_run_html(run)


def test_what_a_run_kept_stays_and_what_is_asked_again_is_of_now(workspace, cases, docs):
    run = workspace.evaluate(answer, cases, ["contains"])
    (docs / "wifi.txt").write_text("The network is 5 GHz, or 2.4 GHz.")
    (docs / "lamp.txt").write_text("The lamp uses 30 watts.")
    assert workspace.causes.of_run(run.run_id) == run.causes
    now = workspace.causes.of_run(run.run_id, again=True)
    causes = {row.case_id: row.cause for row in now.rows}
    assert (causes["wrong"], causes["missed"]) == ("stale", "not retrieved")
    workspace.indexes.refresh("docs")
    later = workspace.causes.of_run(run.run_id, again=True)
    assert "The index of docs is another one" in later.remarks[0]
    assert later.index_then != later.index_now


def test_a_run_whose_cases_carry_no_retrieval_shows_nothing(workspace):
    bare = [{"id": "a", "question": "tank", "expected": "3.2 litres", "context": "none"}]
    run = workspace.evaluate(answer, bare, ["contains"])
    assert (run.causes, run.causes_artifact) == (None, "")
    assert "Why cases failed" not in eval_run_html(run)
    assert "retrieval" not in eval_run_text(run)
    with pytest.raises(UsageError, match="do not say what was retrieved"):
        workspace.causes.of_run(run.run_id)


def test_a_run_without_a_failing_case_has_none(workspace, cases):
    run = workspace.evaluate(answer, cases[-1:], ["contains"])
    assert run.causes is None
    with pytest.raises(UsageError, match=r"no case of .* failed"):
        workspace.causes.of_run(run.run_id)


def test_documents_that_were_handed_over_are_their_own_corpus(workspace):
    from llmops_magics.retrieval.document import load_documents

    rows = [{"id": name, "text": text} for name, text in TEXTS.items()]
    workspace.indexes.build("loose", load_documents(rows), chunker="whole")
    run = workspace.evaluate(
        answer, attach_context(CASES, workspace.indexes, "loose"), ["contains"]
    )
    assert run.causes.counts["not in the corpus"] == 1
    assert "no registered corpus" in run.causes.remarks[0]


def test_an_index_that_is_gone_is_said_and_harms_no_run(workspace, cases):
    workspace.indexes.drop("docs")
    run = workspace.evaluate(answer, cases, ["contains"])
    missed = next(row for row in run.causes.rows if row.case_id == "missed")
    assert (missed.cause, missed.rank, missed.depth) == ("not retrieved", None, 0)
    assert "docs has no index any more" in run.causes.remarks[0]


def test_what_nobody_foresaw_is_said_and_harms_no_run(workspace, cases, monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError("deep inside")

    monkeypatch.setattr(type(workspace.indexes), "names", broken)
    run = workspace.evaluate(answer, cases, ["contains"])
    assert run.causes.problem == "ZeroDivisionError: deep inside"
    assert "causes could not be told" in eval_run_text(run)
    assert "could not be told" in eval_run_html(run)


def test_a_deeper_search_that_fails_leaves_the_rest(workspace, cases, monkeypatch):
    def broken(*_, **__):
        raise UsageError("the endpoint is away.")

    monkeypatch.setattr(type(workspace.search), "__call__", broken)
    run = workspace.evaluate(answer, cases, ["contains"])
    assert run.causes.counts["not retrieved"] == 2
    assert "Nothing was searched deeper: the endpoint is away." in run.causes.remarks


def test_ids_alone_need_a_corpus_to_look_in(workspace):
    rows = [{**case, "retrieved": ["lamp.txt"], "context": TEXTS["lamp.txt"]} for case in CASES]
    run = workspace.evaluate(answer, rows, ["contains"])
    assert run.causes.counts["unknown"] == 4  # the lamp's case alone can be told
    named = workspace.causes.of_run(run.run_id, corpus="docs")
    assert named.counts["unknown"] == 0
    assert list(named.counts) == list(CAUSES)


def test_other_scorers_fail_fewer_cases(workspace, cases):
    from llmops_magics.evals.stored import load_run

    run = workspace.evaluate(answer, cases, ["contains", "refusal"])
    part = load_run(workspace.store, run.run_id, scorers=["refusal"])
    assert len(part.causes.rows) == len(part.summary.failed_cases)
    rescored = workspace.rescore(run.run_id, ["contains"])
    assert rescored.causes.counts == run.causes.counts


def test_a_report_that_was_changed_is_said(workspace, cases):
    run = workspace.evaluate(answer, cases, ["contains"])
    for path in (workspace.root / ".llmops" / "artifacts").rglob("*"):
        if path.is_file() and run.causes_artifact.partition(":")[2] in path.as_posix():
            path.chmod(0o600)
            path.write_bytes(b"{}")
            break
    else:
        digits = run.causes_artifact.partition(":")[2]
        pytest.fail(f"no artifact {digits}")
    assert "was changed after it was written" in workspace.run(run.run_id).causes.problem


def test_nothing_is_quoted_that_the_asker_may_not_read(workspace, docs):
    """Neither by a label that points into it, nor by looking for the expected answer."""
    secret = "The merger closes with Acme on Friday at noon."
    (docs / "board.md").write_text(f"---\ngroups: [board]\n---\n{secret}")
    workspace.corpora.add("docs", docs)
    workspace.indexes.build("docs", chunker="whole")
    rows = [
        {
            "id": "label", "question": "tank", "expected": "x",
            "relevant": [{"document_id": "board.md", "start": 0, "end": 40}],
        },
        {"id": "guess", "question": "lamp", "expected": "merger closes with Acme on Friday"},
    ]  # fmt: skip
    for given in (rows[:1], rows[1:]):
        run = workspace.evaluate(
            answer, attach_context(given, workspace.indexes, "docs"), ["contains"]
        )
        (row,) = run.causes.rows
        assert (row.cause, row.evidence, row.rank) == ("unknown", "", None)
        assert "Acme" not in str(run.causes.to_dict())
