"""papermill with our engine by its entry point, as a command of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[3]
PAPERMILL = """\
import sys
from papermill.engines import papermill_engines
from llmops_magics.release.execution.engine import RecordingEngine
papermill_engines.register("llmops", RecordingEngine)
from papermill.cli import papermill
sys.exit(papermill())
"""


def papermill(folder, *words):
    # The package is not installed where these tests run from its source: what the entry point
    # would register is registered before the command begins.
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-c", PAPERMILL, "in.ipynb", "out.ipynb", "--engine", "llmops", *words],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip


@pytest.fixture
def write(tmp_path):
    def run(*codes):
        cells = [nbformat.v4.new_code_cell(code) for code in codes]
        cells[0].metadata["tags"] = ["parameters"]
        spec = {"name": "python3", "language": "python", "display_name": "Python 3"}
        notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec})
        nbformat.write(notebook, tmp_path / "in.ipynb")

    return run


def statuses(folder):
    cells = nbformat.read(folder / "out.ipynb", 4).cells
    return [c.metadata.papermill.status for c in cells if "papermill" in c.metadata]


@pytest.mark.slow
def test_it_runs_with_parameters_and_a_progress_bar(tmp_path, write):
    write("n = 1", "print(n + 1)")
    done = papermill(tmp_path, "-p", "n", "41")
    assert done.returncode == 0, done.stderr
    notebook = nbformat.read(tmp_path / "out.ipynb", 4)
    assert notebook.cells[-1].outputs[0].text == "42\n"
    assert statuses(tmp_path) == ["completed"] * 3
    assert "3/3" in done.stderr


@pytest.mark.slow
def test_after_a_dead_kernel_no_cell_is_called_completed_that_was_not(tmp_path, write):
    write("n = 1", "import os; os._exit(1)", "n")
    done = papermill(tmp_path)
    assert done.returncode != 0
    assert statuses(tmp_path) == ["completed", "failed", "pending"]


def test_the_package_names_the_engine():
    written = (ROOT / "pyproject.toml").read_text()
    assert 'llmops = "llmops_magics.release.execution.entry_point:PapermillEngine"' in written
    for point in entry_points(group="papermill.engine", name="llmops"):
        assert point.value == "llmops_magics.release.execution.entry_point:PapermillEngine"


FULL = """\
import sys, threading, time
from llmops_magics.release.execution import engine

class Full:
    def save(self):
        raise OSError(28, "No space left on device")

engine.RecordingEngine.recorder = Full()
engine.signal.signal(engine.signal.SIGTERM, engine._save_and_exit)
threading.Thread(target=engine._end_with_parent, daemon=True).start()
while True:
    try:
        time.sleep(60)
    except OSError:
        pass
"""


def test_a_full_disk_keeps_nothing_running_when_the_runner_is_gone():
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("LLMOPS_GATE_RECORD", None)
    done = subprocess.run(
        [sys.executable, "-c", FULL], env=environment, input=b"", timeout=100, check=False
    )
    assert done.returncode == 128 + 15
