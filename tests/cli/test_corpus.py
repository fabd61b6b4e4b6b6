"""``llmops corpus`` as a process: the operations of ``%llm_corpus``, as text and as JSON."""

import json
import signal
import subprocess
import sys

import pytest


@pytest.fixture
def handbook(folder, llmops):
    (folder / "docs").mkdir()
    (folder / "docs" / "a.md").write_text("# Returns\nwithin 30 days")
    (folder / "docs" / "b.bin").write_bytes(b"\0")
    done = llmops("corpus", "add", "handbook", "docs", "-m", "first", "--json")
    assert done.returncode == 0, done
    return json.loads(done.stdout)


def test_a_corpus_is_added_shown_and_listed(llmops, handbook):
    assert (handbook["document_count"], handbook["skipped"][0]["reason"]) == (1, "binary")
    assert "30 days" in llmops("corpus", "show", "handbook@1").stdout
    assert llmops("corpus", "list").stdout.startswith("1 corpus\n")
    assert "read from docs" in llmops("corpus", "log", "handbook").stdout


def test_a_source_that_has_changed_ends_with_code_1(llmops, handbook, folder):
    assert llmops("corpus", "check", "handbook").returncode == 0
    (folder / "docs" / "c.txt").write_text("new")
    done = llmops("corpus", "check", "handbook")
    assert (done.returncode, "added: c.txt" in done.stdout) == (1, True)
    llmops("corpus", "add", "handbook", "docs")
    assert "1 added" in llmops("corpus", "diff", "handbook@1", "handbook").stdout


def test_wrong_usage_is_one_line(refused, handbook):
    assert "there is no corpus 'nope'" in refused("corpus", "show", "nope")
    assert "there is no file or folder" in refused("corpus", "add", "x", "nowhere")


def test_a_document_over_the_setting_is_refused(refused, handbook, folder):
    (folder / "llmops.toml").write_text("[retrieval]\nmax_document_mb = 1\n")
    (folder / "big.txt").write_text("x" * 1_000_001)
    assert "over 1 MB (retrieval.max_document_mb)" in refused("corpus", "add", "x", "big.txt")


def test_ctrl_c_leaves_no_half_corpus(folder, llmops, handbook):
    row = json.dumps({"id": "ID", "text": "x" * 1000})
    lines = (row.replace("ID", str(n)) for n in range(60_000))
    (folder / "many.jsonl").write_text("\n".join(lines))
    command = [
        sys.executable,
        "-m",
        "llmops_magics.cli.main",
        "corpus",
        "add",
        "many",
        "many.jsonl",
    ]
    running = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True)
    artifacts = folder / ".llmops" / "artifacts"
    before = sum(1 for _ in artifacts.rglob("*"))
    while running.poll() is None and sum(1 for _ in artifacts.rglob("*")) == before:
        pass  # until the first pack is there
    running.send_signal(signal.SIGINT)
    assert running.communicate(timeout=60)[1].strip() == "llmops: stopped"
    assert running.returncode == 130
    assert llmops("corpus", "list").stdout.startswith("1 corpus\n")
