"""``llmops guard`` as a process: what a pipeline gets of a scan, and its exit codes."""

import json
import signal
import subprocess
import sys

import nbformat
import papermill
import pytest

KEY = "sk-ant-api03-" + "Zx9" * 20
USED = ("--detectors", "secrets,pii,canary")


@pytest.fixture
def leaky(folder):
    (folder / "src").mkdir()
    (folder / "src" / "ok.py").write_text("print('hello')\n")
    (folder / "src" / "bad.py").write_text(f"import os\nkey = '{KEY}'\n")
    (folder / "clean").mkdir()
    (folder / "clean" / "a.md").write_text("nothing here\n")
    return folder


def test_findings_end_with_1_and_nothing_with_0(llmops, leaky):
    done = llmops("guard", "scan", "src", *USED)
    assert (done.returncode, KEY in done.stdout) == (1, False)
    assert "src/bad.py, line 2, column 8" in done.stdout
    assert llmops("guard", "scan", "src", *USED, "--fail-on", "never").returncode == 0
    clean = llmops("guard", "scan", "clean", *USED)
    assert (clean.returncode, clean.stdout.partition(":")[0]) == (0, "✓ nothing found")


def test_a_milder_finding_than_fail_on_ends_with_0(llmops, leaky):
    (leaky / "mail.txt").write_text("write to ann@example.org")
    found = json.loads(llmops("guard", "scan", "mail.txt", *USED, "--json").stdout)
    severity = next(name for name, number in found["by_severity"].items() if number)
    assert severity in ("low", "medium")
    assert llmops("guard", "scan", "mail.txt", *USED).returncode == 0
    assert llmops("guard", "scan", "mail.txt", *USED, "--fail-on", severity).returncode == 1


def test_a_detector_that_cannot_look_ends_with_4(llmops, leaky):
    done = llmops("guard", "scan", "clean", "--detectors", "canary,nope")
    assert done.returncode == 4
    assert "nope could not look" in done.stdout


def test_a_damaged_notebook_that_is_named_ends_with_4(llmops, leaky):
    (leaky / "n.ipynb").write_text('{"cells": [')
    done = llmops("guard", "scan", "n.ipynb", *USED)
    assert done.returncode == 4
    assert "not read: n.ipynb (no notebook, its plain text was scanned" in done.stdout
    assert "passed over" not in done.stdout


def test_sarif_goes_into_a_file(llmops, leaky):
    done = llmops("guard", "scan", "src", *USED, "--format", "sarif", "-o", "out.sarif")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("! findings: scan of src")
    [run] = json.loads((leaky / "out.sarif").read_text())["runs"]
    [result] = run["results"]
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "src/bad.py"},
        "region": {"startLine": 2, "startColumn": 8, "endLine": 2, "endColumn": 81},
    }
    assert KEY not in json.dumps(run)


def test_a_misspelt_path_is_no_clean_scan(refused, leaky):
    assert "is no file or folder" in refused("guard", "scan", "scr")
    assert "is no file or folder" in refused("guard", "scan", "src", "scr")
    assert "there is no dataset 'x'" in refused("guard", "scan", "dataset:x").lower()


def test_datasets_corpora_and_texts(llmops, leaky):
    row = {"id": "c1", "question": f"my key is {KEY}", "expected": "x"}
    (leaky / "cases.jsonl").write_text(json.dumps(row))
    llmops("dataset", "add", "cases", "cases.jsonl")
    llmops("corpus", "add", "docs", "clean")
    done = llmops("guard", "scan", "dataset:cases", "docs", f"text:to {KEY}", *USED, "--json")
    report = json.loads(done.stdout)
    assert report["target_kind"] == "several"
    assert [source["name"] for source in report["sources"]] == ["case c1, question", "text"]
    assert KEY not in done.stdout


@pytest.mark.slow
def test_a_notebook_that_papermill_ran_is_scanned_in_every_place(llmops, leaky):
    cells = [
        nbformat.v4.new_code_cell("token = ''", metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell("print(token)\ntoken"),
        nbformat.v4.new_code_cell("raise ValueError(token)"),
    ]
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    source = nbformat.v4.new_notebook(cells=cells, metadata=metadata)
    nbformat.write(source, leaky / "source.ipynb")
    done = leaky / "executed.ipynb"
    with pytest.raises(papermill.PapermillExecutionError):
        papermill.execute_notebook(
            leaky / "source.ipynb", done, parameters={"token": KEY}, progress_bar=False
        )
    scanned = llmops("guard", "scan", "executed.ipynb", *USED, "--json")
    assert (scanned.returncode, KEY in scanned.stdout) == (1, False)
    places = {source["name"] for source in json.loads(scanned.stdout)["sources"]}
    assert places == {  # papermill has put a cell at the top, and one above the error
        "notebook metadata",
        "cell 3, source",
        "cell 4, output 1, stdout",
        "cell 4, output 2, text/plain",
        "cell 6, output 1, error",
    }


def test_a_bench_ends_with_4_if_a_detector_could_not_look(llmops, folder):
    rows = [{"text": "ann@example.org", "label": 1}, {"text": "nothing", "label": 0}]
    (folder / "data.jsonl").write_text("\n".join(map(json.dumps, rows)))
    done = llmops("guard", "bench", "data.jsonl", "--detectors", "pii", "--json")
    assert done.returncode == 0
    [result] = json.loads(done.stdout)["results"]
    assert (result["recall"]["value"], result["fpr"]["value"]) == (1.0, 0.0)
    assert llmops("guard", "bench", "data.jsonl", "--detectors", "nope").returncode == 4
    assert "detectors" in llmops("guard", "detectors").stdout
    assert "no proportion" in llmops("guard", "bench", "x", "--target-fpr", "9").stderr


def test_nothing_waits_and_nothing_was_decided(llmops, folder):
    assert llmops("guard", "pending").stdout.startswith("0 questions")
    assert llmops("guard", "decisions").stdout.startswith("0 decisions")


def test_ctrl_c_ends_a_scan_with_one_line(folder):
    for number in range(300):
        (folder / f"{number}.txt").write_text("a@b.example 10.0.0.1 " * 20_000)
    words = ["guard", "scan", ".", "--detectors", "pii"]
    command = [sys.executable, "-m", "llmops_magics.cli.main", *words]
    running = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        running.wait(timeout=3)
    except subprocess.TimeoutExpired:
        running.send_signal(signal.SIGINT)
    assert running.communicate(timeout=60)[1].strip() == "llmops: stopped"
    assert running.returncode == 130
