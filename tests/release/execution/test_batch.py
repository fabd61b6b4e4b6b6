"""Several gates at once, each a real child process with a kernel."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from llmops_magics.errors import GateRunError
from llmops_magics.release.execution.batch import run_batch, worst_code


@pytest.mark.parametrize(
    "case", [((0, 0), 0), ((0, 3), 3), ((3, 1, 0), 1), ((1, 4, 3), 4), ((), 4)]
)
def test_the_worst_code_counts(case):
    codes, worst = case
    assert worst_code(codes) == worst


def test_one_that_breaks_takes_no_other_with_it(run_of):
    def breaks(_stop):
        raise GateRunError("The disk is full.")

    batch = run_batch([("a", breaks), ("b", breaks)], jobs=2)
    assert [entry.problem for entry in batch.entries] == ["The disk is full."] * 2
    assert (batch.exit_code, batch.results) == (4, ())
    assert batch.problems == ("a: The disk is full.", "b: The disk is full.")


def test_at_most_so_many_run_at_once():
    now, most, lock = [0], [0], threading.Lock()

    def gate(_stop):
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.05)
        with lock:
            now[0] -= 1
        raise GateRunError("done")

    run_batch([(str(n), gate) for n in range(6)], jobs=2)
    assert most[0] == 2


BATCH = """\
import sys
from pathlib import Path
from llmops_magics.workspace import Workspace
folder = Path(sys.argv[1])
batch = Workspace(folder).gates.run_all(
    [folder / "one.ipynb", folder / "two.ipynb", folder / "three.ipynb"], jobs=2)
print([entry.result.problems[0] if entry.result else entry.problem for entry in batch.entries])
sys.exit(batch.exit_code)
"""


@pytest.mark.slow
@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_those_under_way_and_begins_no_other(notebook, tmp_path, signum):
    sleep = "import os, time\nopen(f'pid-{os.getpid()}', 'w').close()\ntime.sleep(60)"
    content = notebook(sleep).read_bytes()
    for name in ("one", "two", "three"):
        (tmp_path / f"{name}.ipynb").write_bytes(content)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    process = subprocess.Popen(
        [sys.executable, "-c", BATCH, str(tmp_path)],
        cwd=tmp_path, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    limit_s = time.monotonic() + 120
    while len(list(tmp_path.glob("pid-*"))) < 2:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < limit_s
        time.sleep(0.05)
    process.send_signal(signum)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 4, err
    assert out.count("The gate was interrupted.") == 2
    assert "before this notebook began" in out
    sealed = [p for p in (tmp_path / "archive").iterdir() if not p.name.startswith(".")]
    assert len(sealed) == 2
    assert len(list(tmp_path.glob("pid-*"))) == 2
