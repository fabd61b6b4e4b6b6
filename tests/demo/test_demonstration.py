"""``llmops demo`` on the real embedded models, a second run in its folder, and what it refuses."""

import json
import subprocess
import sys

import nbformat
import pytest

from llmops_magics.demo import demonstration

TIMEOUT_S = 600  # a minute or two on idle cores


def demo(folder, *words):
    command = [sys.executable, "-m", "llmops_magics.cli.main", "demo", *words]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )


def records(place):
    """Return (verdict, gate.json, folder) of every gate in the demo's archive, oldest first."""
    found = [(json.loads(p.read_bytes()), p.parent) for p in place.glob("archive/*/gate.json")]
    return sorted(found, key=lambda pair: pair[0]["started_at"])


@pytest.mark.slow
@pytest.mark.timeout(TIMEOUT_S + 60)
@pytest.mark.xdist_group("embedded")  # the embedded server answers one call at a time
def test_good_version_passes_and_careless_one_fails(folder, embedded_models):
    first = demo(folder, "place")
    assert first.returncode == 0, first.stdout + first.stderr
    place = folder / "place"
    (good, good_folder), (careless, careless_folder) = records(place)
    assert [good["verdict"], careless["verdict"]] == ["PASS", "FAIL"]
    named = careless["decision"]["failing_cases"][0]
    assert f"FAIL (failing cases: {named}" in first.stdout
    assert "good version     PASS" in first.stdout
    for folder_, verdict in ((good_folder, "PASS"), (careless_folder, "FAIL")):
        page = (folder_ / "release_gate.html").read_text()
        assert "<table" in page
        assert verdict in page
        assert "model call" in page
        assert "<script" not in page
        assert str(folder_ / "release_gate.ipynb") in first.stdout


@pytest.mark.slow
@pytest.mark.xdist_group("embedded")
def test_second_run_in_the_same_folder_gates_the_same_two(folder, embedded_models):
    for _ in range(2):  # the gates after it are the same, and take most of the time
        workspace = demonstration._prepare(folder / "place")
        notebook = workspace.root / "support_desk.ipynb"
        demonstration._execute(workspace, notebook, None)
        last = workspace.prompts.versions(demonstration.PROMPT)[-2:]
        workspace.close()
        assert [v.message for v in last] == ["answer from the article", "friendlier tone"]
        code = [c for c in nbformat.read(notebook, as_version=4).cells if c.cell_type == "code"]
        assert all(cell.execution_count for cell in code)
        assert "UsageError" not in str([cell.outputs for cell in code])


def test_folder_of_something_else_is_refused(folder):
    (folder / "place").mkdir()
    (folder / "place" / "thesis.txt").write_text("precious")
    done = demo(folder, "place")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "place is not empty" in done.stderr
    assert [p.name for p in (folder / "place").iterdir()] == ["thesis.txt"]


def test_a_file_in_its_place_is_refused(folder):
    (folder / "place").write_text("precious")
    done = demo(folder, "place")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert (folder / "place").read_text() == "precious"
