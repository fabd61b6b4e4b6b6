"""``llmops gate`` on the gold notebook, against a scripted endpoint, and what it refuses."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from sqlalchemy import create_engine, text

from llmops_magics.workspace import Workspace

RULES = "contains >= 0.6; errors == 0"
GOLD = ("gate", "release_gate", "-p", "prompt=geo/capital", "-p", "data=cases.jsonl",
        "-p", "scorers=contains", "-p", f"rules={RULES}")  # fmt: skip


@pytest.fixture
def workspace(folder):
    """A workspace with a prompt and twenty cases that bring their own context."""
    (folder / "llmops.toml").write_text("[models]\nmax_retries = 0\n")
    workspace = Workspace(folder)
    workspace.prompts.register("geo/capital", "{{ context }}\n{{ question }}")
    workspace.close()
    cases = [
        {
            "id": f"c{n}",
            "question": f"Question {n}?",
            "context": "About Paris.",
            "expected": "Paris",
        }
        for n in range(20)
    ]
    (folder / "cases.jsonl").write_text("".join(json.dumps(case) + "\n" for case in cases))
    return folder


def archives(folder):
    return sorted(p for p in (folder / "archive").iterdir() if not p.name.startswith("."))


@pytest.mark.slow
def test_pass_is_archived_and_verified_until_a_byte_changes(workspace, llmops, endpoint):
    endpoint("It is Paris.")
    done = llmops(*GOLD)
    assert done.returncode == 0, done.stderr
    assert "PASS" in done.stdout
    [archive] = archives(workspace)
    assert {file.name for file in archive.iterdir() if not file.name.startswith("rows-")} >= {
        "dossier.dsse.json", "evidence.json", "gate.json", "junit.xml", "release_gate.html",
        "release_gate.ipynb", "responses.jsonl", "summary.md",
    }  # fmt: skip
    assert len(list(archive.glob("rows-*.jsonl.gz"))) == 1
    assert json.loads((archive / "gate.json").read_bytes())["verdict"] == "PASS"
    verified = llmops("audit", "verify")
    assert (verified.returncode, verified.stdout[:3]) == (0, "ok:"), verified.stderr
    page = archive / "release_gate.html"
    page.write_bytes(page.read_bytes().replace(b"PASS", b"PASs", 1))
    broken = llmops("audit", "verify")
    assert (broken.returncode, broken.stdout[:6]) == (1, "BROKEN")
    assert "release_gate.html at byte" in broken.stderr
    assert "it is 0x73 and was 0x53" in broken.stderr  # s for S


@pytest.mark.slow
def test_fail_names_the_failing_cases(workspace, llmops, endpoint):
    endpoint("It is Lyon.")
    done = llmops(*GOLD, "--archive", "elsewhere")
    assert done.returncode == 1, done.stderr
    assert "FAIL" in done.stdout
    [record] = (workspace / "elsewhere").glob("*/gate.json")
    body = json.loads(record.read_bytes())
    assert body["verdict"] == "FAIL"
    assert len(body["decision"]["failing_cases"]) == 20


@pytest.mark.slow
def test_inconclusive_is_three(workspace, llmops, endpoint):
    endpoint(["Paris", "Lyon"] * 10)
    done = llmops(*GOLD, "-p", "repeats=1")
    assert done.returncode == 3, done.stderr
    assert "INCONCLUSIVE" in done.stdout


@pytest.mark.slow
def test_unknown_prompt_inside_the_notebook_is_four(workspace, llmops, endpoint):
    endpoint("Paris")
    done = llmops("gate", "release_gate", "-p", "prompt=nope", "-p", "data=cases.jsonl")
    assert done.returncode == 4, done
    [archive] = archives(workspace)
    assert "nope" in str(json.loads((archive / "gate.json").read_bytes())["problems"])


@pytest.mark.slow
def test_ctrl_c_keeps_an_archive(workspace, endpoint):
    server = endpoint("Paris", latency_ms=2000)
    gate = subprocess.Popen(
        [sys.executable, "-m", "llmops_magics.cli.main", *GOLD],
        cwd=workspace,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    limit_s = time.monotonic() + 120
    while not server.requests:
        assert gate.poll() is None, gate.communicate()
        assert time.monotonic() < limit_s
        time.sleep(0.05)
    os.kill(gate.pid, signal.SIGINT)
    out, err = gate.communicate(timeout=120)
    assert gate.returncode in (4, 130), (out, err)
    assert "Traceback" not in err
    [archive] = archives(workspace)
    record = json.loads((archive / "gate.json").read_bytes())
    assert record["verdict"] is None
    assert "interrupted" in str(record["problems"])


@pytest.mark.parametrize(
    "case",
    [
        (("release_gate", "-p", "promt=x"), "promt"),
        (("release_gate", "-p", "k=many"), "k"),
        (("release_gate", "-p", "nonsense"), "no parameter"),
        (("nosuch",), "release_gate"),
        (("nosuch.ipynb",), "nosuch.ipynb"),
        (("plain.ipynb",), "gate"),
        (("broken.ipynb",), "broken.ipynb"),
    ],
)
def test_wrong_usage_is_one_line_and_two(workspace, refused, case):
    words, said = case
    cells = [nbformat.v4.new_code_cell("x = 1", metadata={"tags": ["parameters"]})]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), workspace / "plain.ipynb")
    (workspace / "broken.ipynb").write_text("{")
    assert said in refused("gate", *words)
    assert not (workspace / "archive").exists() or archives(workspace) == []


def test_workspace_of_a_newer_version(workspace, refused):
    engine = create_engine(f"sqlite:///{Path(workspace, '.llmops', 'llmops.db')}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    assert "newer llmops_magics" in refused(*GOLD)
    assert "newer llmops_magics" in refused("audit", "verify")
