"""``llmops index`` as a process: exit codes, watching, and Ctrl-C."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture
def handbook(folder, llmops, embedded_models):
    (folder / "docs").mkdir()
    (folder / "docs" / "a.md").write_text("Goods come back within 30 days.")
    llmops("corpus", "add", "handbook", "docs")
    done = llmops("index", "build", "handbook", "--json")
    assert done.returncode == 0, done
    return json.loads(done.stdout)


def test_rules_decide_the_exit_code(llmops, handbook, folder):
    assert handbook["manifest"]["chunk_count"] == 1
    status = ("index", "status", "handbook", "--rule")
    assert llmops(*status, "stale <= 1%", "age <= 7d").returncode == 0
    (folder / "docs" / "a.md").write_text("Goods come back within 60 days.")
    failed = llmops(*status, "stale <= 1%")
    assert (failed.returncode, failed.stdout.split("\n")[0]) == (1, "handbook: FAIL")
    (folder / "docs" / "a.md").unlink()
    (folder / "docs").rmdir()
    assert llmops(*status, "stale <= 1%").returncode == 3
    assert llmops("index", "verify", "handbook").returncode == 0


def test_wrong_usage_is_one_line(refused, handbook):
    assert "has no index" in refused("index", "status", "nope")
    assert "cannot be decided" in refused("index", "status", "handbook", "--rule", "old < 1")
    assert "no index to go back to" in refused("index", "revert", "handbook")
    assert "there is no chunker 'nope'" in refused(
        "index", "build", "handbook", "--chunker", "nope"
    )


def test_watching_prints_a_line_a_look_and_ends_with_ctrl_c(folder, handbook):
    command = [sys.executable, "-m", "llmops_magics.cli.main", "index", "status", "handbook"]
    running = subprocess.Popen(
        [*command, "--watch", "--every", "1s"], cwd=folder, stdout=subprocess.PIPE, text=True
    )
    lines = [running.stdout.readline() for _ in range(2)]
    assert all("handbook: 1 fresh, 0 stale" in line for line in lines)
    time.sleep(0.2)
    running.send_signal(signal.SIGINT)
    rest, _ = running.communicate(timeout=60)
    assert running.returncode == 0
    assert rest.rstrip().split("\n")[-1].startswith("  indexed age:")
