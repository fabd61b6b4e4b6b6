"""Whole gates: a real child process, papermill and kernel each."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import nbformat
import psutil
import pytest

from llmops_magics.audit import trail
from llmops_magics.errors import GateRunError, GateUsageError
from llmops_magics.record import digest_bytes
from llmops_magics.release.dossier.archive import verify_archive
from llmops_magics.release.execution.runner import run_gate

pytestmark = pytest.mark.slow


@pytest.fixture
def gate(store, tmp_path):
    """``gate(notebook, parameters, ...)`` runs a gate that archives in tmp_path/archive."""

    def run(notebook, parameters=None, **rest):
        places = {"archive": tmp_path / "archive", "root": tmp_path, "actor": "ci"}
        return run_gate(store, notebook, parameters or {}, **places, **rest)

    return run


def events(store):
    with store.read() as connection:
        assert trail.verify(connection).problems == ()
        return list(trail.events(connection))


def test_pass_is_sealed_with_all_its_files(gate, store, notebook, prepare, tmp_path):
    seen = []
    path = notebook(prepare, "import sys, os\nprint(sys.executable, os.getcwd())")
    result = gate(path, on_progress=lambda *report: seen.append(report))
    assert (result.verdict, result.exit_code, result.problems) == ("PASS", 0, ())
    archive = Path(result.archive)
    assert sorted(f.name for f in archive.iterdir()) == [
        "evidence.json", "gate.json", "gold.html", "gold.ipynb", "junit.xml", "resources.json",
        "summary.md",
    ]  # fmt: skip
    assert [f.name for f in archive.parent.iterdir()] == [archive.name]
    assert f"{sys.executable} {tmp_path}" in (archive / "gold.html").read_text()
    assert seen[0][:2] == (0, 4)
    assert seen[-1][2] == "import llmops_magics"
    [event] = events(store)
    assert verify_archive(archive, event.body["gate_json"]) == []
    assert event.body["folder"] == f"archive/{archive.name}"
    assert (event.actor, event.action, event.body["verdict"]) == ("ci", "gate.run", "PASS")


@pytest.mark.parametrize("case", [(10, 1, "FAIL"), (28, 3, "INCONCLUSIVE")])
def test_parameter_decides_the_verdict(gate, notebook, prepare, sealed, case):
    passed, code, verdict = case
    result = gate(notebook(prepare), {"passed": passed, "note": 'a "quoted"\n# note'})
    assert result.exit_code == code
    record = sealed(result)
    assert record["verdict"] == verdict
    assert record["parameters"]["passed"] == passed
    assert record["decision"]["rules"][0]["rule"] == "contains >= 0.6"


@pytest.mark.parametrize(
    "case",
    [
        ("import os; os._exit(0)", "The kernel died."),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "The kernel died."),
        ("import sys; sys.exit(0)", "Cell 3 raised SystemExit: 0"),
        ("1 / 0", "Cell 3 raised ZeroDivisionError: division by zero"),
        ("%nosuchmagic", "Cell 3 failed: "),
        ("input()", "Cell 3 raised StdinNotImplementedError"),
    ],
)
def test_notebook_that_breaks_off_could_not_run(gate, notebook, prepare, sealed, case):
    cell, problem = case
    result = gate(notebook(prepare, cell))
    assert (result.verdict, result.exit_code) == (None, 4)
    assert result.problems[0].startswith(problem)
    assert sealed(result)["problems"] == list(result.problems)
    kept = nbformat.read(Path(result.archive, "gold.ipynb"), 4)
    assert [c.get("execution_count") for c in kept.cells][:2] == [1, 2]
    assert "completed" not in [c.metadata.papermill.status for c in kept.cells][2:]
    assert "COULD NOT RUN" in Path(result.archive, "summary.md").read_text()


def test_failure_after_the_decision_is_no_pass(gate, notebook, prepare):
    last = "import llmops_magics\nllmops_magics.gate(run, rules=['errors == 0'])\n1 / 0"
    result = gate(notebook(prepare, gate=last))
    assert (result.verdict, result.exit_code) == (None, 4)
    assert result.decision.verdict == "PASS"


def test_gate_call_that_is_not_reached(gate, notebook, prepare):
    last = (
        "import llmops_magics\nif passed > 50:\n    llmops_magics.gate(run, rules=['errors == 0'])"
    )
    result = gate(notebook(prepare, gate=last))
    assert result.problems == (
        "The notebook ended without a decision: its gate call was not reached.",
    )


def test_gate_called_twice_in_a_loop(gate, notebook, prepare):
    call = "    llmops_magics.gate(run, rules=[f'contains >= {bound}'])"
    last = f"import llmops_magics\nfor bound in (0.99, 0.5):\n{call}"
    result = gate(notebook(prepare, gate=last))
    assert result.exit_code == 4
    assert "decided already" in result.problems[0]


def test_megabytes_without_a_newline_are_kept(gate, notebook, prepare):
    result = gate(notebook(prepare, "print('x' * 3_000_000, end='')"), cell_timeout_s=60)
    assert (result.exit_code, result.problems) == (0, ())
    [cell] = [c for c in nbformat.read(Path(result.archive, "gold.ipynb"), 4).cells
              if "3_000_000" in c.source]  # fmt: skip
    assert [len(output.text) for output in cell.outputs] == [3_000_000]
    note = cell.metadata.papermill
    took = datetime.fromisoformat(note.end_time) - datetime.fromisoformat(note.start_time)
    assert took.total_seconds() < 30


def test_cell_limit(gate, notebook, prepare):
    result = gate(notebook(prepare, "import time; time.sleep(60)"), cell_timeout_s=2)
    assert result.problems[0] == "A cell took longer than 2 s."
    assert result.exit_code == 4


def test_whole_limit_leaves_no_process(gate, notebook, prepare, tmp_path):
    sleeper = "import subprocess; p = subprocess.Popen(['sleep', '99'], start_new_session=True)"
    keep = "open('pids', 'w').write(f'{os.getpid()} {p.pid}')"
    path = notebook(f"import os\n{sleeper}\n{keep}\nimport time; time.sleep(60)")
    result = gate(path, timeout_s=6)
    assert result.problems[0] == "The notebook took longer than 6 s."
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    assert not any(psutil.pid_exists(pid) for pid in pids)


def test_refused_notebook_leaves_nothing(gate, store, notebook, tmp_path):
    with pytest.raises(GateUsageError, match="no gate call"):
        gate(notebook(gate=None))
    assert not (tmp_path / "archive").exists()
    assert events(store) == []


def test_secrets_are_masked_in_the_record(gate, notebook, prepare):
    key = "sk-" + "a1b2c3d4" * 4
    result = gate(notebook(prepare, f"key = '{key}'\nprint(key)"), {"note": key})
    assert result.exit_code == 0
    for file in Path(result.archive).iterdir():
        assert key not in file.read_text()


INTERRUPTED = """\
import sys
from pathlib import Path
from llmops_magics.release.execution.runner import run_gate
from llmops_magics.storage.store import Store
folder = Path(sys.argv[1])
store = Store.open(f"sqlite:///{folder}/store/llmops.db")
result = run_gate(store, folder / "gold.ipynb", {}, archive=folder / "archive", root=folder,
                  actor="ci", on_progress=lambda *r: print(r[2], flush=True))
sys.exit(result.exit_code)
"""


@pytest.fixture
def runner(notebook, tmp_path):
    """A process that runs a gate and has reached a cell that sleeps."""
    sleep = "import time, os; open('pid', 'w').write(str(os.getpid())); time.sleep(60)"
    notebook(sleep)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, str(tmp_path)],
        stdout=subprocess.DEVNULL,
        env=environment,
    ) as process:
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
            assert process.poll() is None
            time.sleep(0.05)
        process.kernel = int((tmp_path / "pid").read_text())
        yield process
        process.kill()


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_interrupt_ends_all_and_still_archives(runner, store, tmp_path, signum):
    runner.send_signal(signum)
    assert runner.wait(30) == 4
    assert not psutil.pid_exists(runner.kernel)
    [event] = events(store)
    archive = tmp_path / "archive" / event.body["archive"]
    assert verify_archive(archive, event.body["gate_json"]) == []
    record = json.loads((archive / "gate.json").read_bytes())
    assert record["problems"][0] == "The gate was interrupted."


def test_killed_runner_leaves_a_record_that_says_so(runner, store, tmp_path):
    runner.kill()
    runner.wait()
    limit_s = time.monotonic() + 15
    while psutil.pid_exists(runner.kernel) and time.monotonic() < limit_s:
        time.sleep(0.1)
    assert not psutil.pid_exists(runner.kernel)
    assert events(store) == []
    [folder] = (tmp_path / "archive").iterdir()
    assert folder.name.startswith(".running-gold-")
    record = json.loads((folder / "gate.json").read_bytes())
    assert (record["exit_code"], record["verdict"]) == (4, None)
    assert nbformat.read(folder / "gold.ipynb", 4).cells[0].execution_count == 1


def test_archive_and_event_fail_together(gate, store, notebook, prepare, tmp_path):
    with store.write() as connection:
        connection.exec_driver_sql("DROP TRIGGER IF EXISTS no_more")
        connection.exec_driver_sql(
            "CREATE TRIGGER no_more BEFORE INSERT ON audit_event "
            "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
    with pytest.raises(Exception, match="disk full"):
        gate(notebook(prepare))
    assert all(f.name.startswith(".") for f in (tmp_path / "archive").iterdir())
    assert events(store) == []


@pytest.mark.parametrize("harm", ["change", "drop", "add", "record", "swap"])
def test_tampering_is_found(tmp_path, gate, store, notebook, harm):
    result = gate(notebook("1 / 0"))
    archive = Path(result.archive)
    digest = digest_bytes((archive / "gate.json").read_bytes())
    if harm == "change":
        (archive / "gold.html").write_text("PASS")
    elif harm == "drop":
        (archive / "junit.xml").unlink()
    elif harm == "add":
        (archive / "more.txt").write_text("x")
    elif harm == "record":
        (archive / "gate.json").write_text((archive / "gate.json").read_text() + " ")
    else:
        (archive / "summary.md").rename(tmp_path / "summary.md")
        (archive / "summary.md").symlink_to(tmp_path / "summary.md")
    [problem] = verify_archive(archive, digest)
    assert problem.startswith(f"{archive.name}: ")


def test_a_notebook_whose_secret_cannot_be_masked_is_not_archived(
    gate, store, notebook, prepare, tmp_path
):
    def refuse(_notebook):
        raise GateRunError("The executed notebook holds a secret that cannot be masked.")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("llmops_magics.release.dossier.sealing.redact_notebook", refuse)
        with pytest.raises(GateRunError, match="cannot be masked"):
            gate(notebook(prepare))
    [event] = events(store)
    assert (event.action, event.body["notebook"]) == ("gate.refused", "gold.ipynb")
    assert list((tmp_path / "archive").iterdir()) == []


def test_a_key_in_a_parameter_an_output_and_a_traceback_is_in_no_file(
    gate, notebook, prepare, tmp_path
):
    key = "sk-ant-api03-" + "Zx9" * 20
    told = "def send(key):\n    raise ValueError('no ' + key)\nprint(note)\nsend(note)"
    result = gate(notebook(prepare, told), {"note": key})
    assert result.exit_code == 4
    for file in Path(result.archive).rglob("*"):
        assert key.encode() not in file.read_bytes(), file.name
    assert "[anthropic-key]" in Path(result.archive, "gold.ipynb").read_text()
