"""``llmops eval``, as a process of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import pytest

from llmops_magics.workspace import Workspace

CASES = """\
{"id": "fr", "country": "France", "expected": "Paris"}
{"id": "pe", "country": "Peru", "expected": "Lima"}
"""
NEW = ("--data", "cases.jsonl", "--scorers", "contains")
CHAINS = """
import os, time
def answer(country):
    if country == "Peru" and os.path.exists("slow"):
        time.sleep(60)
    return "Paris"
"""


@pytest.fixture
def work(folder, endpoint):
    """The test's folder with a prompt, cases, a module with a chain, and an endpoint."""
    endpoint("Paris")
    (folder / "cases.jsonl").write_text(CASES)
    (folder / "chains.py").write_text(CHAINS)
    workspace = Workspace(folder)
    workspace.prompts.register("geo/capital", "Capital of {{ country }}?")
    workspace.close()
    return folder


def test_the_plan_goes_to_stderr_and_the_run_to_stdout(work, llmops):
    done = llmops("eval", "geo/capital", *NEW, "--json")
    assert done.returncode == 0, done.stderr
    run = json.loads(done.stdout)
    assert (run["kind"], run["prompt"], run["summary"]["samples"]) == (
        "eval-run", "geo/capital@1", 2,
    )  # fmt: skip
    assert done.stderr.startswith("Plan: 2 calls of openai/gpt-4.1-mini")
    listed = json.loads(llmops("runs", "--json").stdout)
    assert [each["run_id"] for each in listed["runs"]] == [run["run_id"]]
    shown = llmops("runs", "show", "newest")
    assert shown.stdout.startswith("geo/capital@1 · cases")


def test_a_function_of_a_module_beside_a_prompt(work, llmops):
    done = llmops("eval", "geo/capital,chains:answer", *NEW)
    assert done.returncode == 0, done.stderr
    assert "python:answer" in done.stdout
    assert done.stdout.startswith("2 runs")


def test_a_dear_plan_where_nobody_can_be_asked_is_code_2(work, llmops, refused):
    (work / "llmops.toml").write_text("[eval]\nask_above_usd = 0\n")
    done = llmops("eval", "geo/capital", *NEW)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--yes" in done.stderr
    assert llmops("eval", "geo/capital", *NEW, "--yes").returncode == 0


def test_only_the_plan(work, llmops):
    done = llmops("eval", "geo/capital", *NEW, "--plan", "--json")
    planned = json.loads(done.stdout)
    assert (planned["kind"], planned["calls"], planned["cost_usd"]) == ("eval-estimate", 2, None)
    assert llmops("runs").stdout.strip() == "0 eval runs"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("geo/capital",), "--data is missing"),
        (("geo/capital", *NEW, "--no-cache", "--replay"), "contradict"),
        (("none:answer", *NEW), "cannot be imported"),
        (("--resume", "none"), "there is no eval run"),
    ],
)
def test_a_bad_line_is_one_line_and_code_2(work, refused, words, said):
    assert said in refused("eval", *words)


def test_ctrl_c_keeps_what_is_done_and_the_line_it_says_goes_on(work, llmops):
    (work / "slow").touch()
    words = ("eval", "chains:answer", *NEW, "--concurrency", "1")
    started = subprocess.Popen(
        [sys.executable, "-m", "llmops_magics.cli.main", *words],
        cwd=work, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not _samples(work):
        time.sleep(0.2)
    started.send_signal(signal.SIGINT)
    _, said = started.communicate(timeout=60)
    assert started.returncode == 130
    assert "1 of 2 samples are kept in run-" in said
    line = said.split("`")[1]
    assert line.startswith("llmops eval --resume run-")
    assert "1 of 2" in llmops("runs", "--status", "interrupted").stdout
    (work / "slow").unlink()
    done = llmops(*line.split()[1:], "chains:answer")
    assert done.returncode == 0, done.stderr
    assert "2 cases" in done.stdout


def _samples(folder):
    workspace = Workspace(folder)
    try:
        from llmops_magics.evals.run_list import list_runs

        return sum(run.done for run in list_runs(workspace.store).runs)
    finally:
        workspace.close()
