"""Sealed or not sealed, and nothing between; also where the process is killed."""

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from llmops_magics.audit import trail
from llmops_magics.audit.signing.register import KeyRegister
from llmops_magics.errors import GateRunError
from llmops_magics.release.dossier.archive import RUNNING, SEALING
from llmops_magics.release.dossier.catalogue import find_folder
from llmops_magics.release.dossier.check import verify_dossier
from llmops_magics.release.inspection import inspect_all
from llmops_magics.storage.table import gate_run


def rows(store):
    with store.read() as connection:
        return connection.execute(select(gate_run)).mappings().all()


def events(store):
    with store.read() as connection:
        return list(trail.events(connection))


def test_files_row_and_event_agree(sealing, store, tmp_path, run_of, alice):
    result = sealing(run=run_of())
    folder = Path(result.archive)
    names = {each.name for each in folder.iterdir()}
    assert names >= {"gold.ipynb", "gold.html", "run.json", "resources.json", "dossier.dsse.json"}
    assert any(name.startswith("rows-") for name in names)
    report = verify_dossier(folder)
    assert report.ok
    ((row,), (event,)) = rows(store), events(store)
    assert row["dossier_digest"] == event.body["dossier"] == report.digest
    assert row["key_id"] == event.body["key_id"] == alice.key_id
    assert (row["gate"], row["verdict"], row["folder"]) == ("gold", "PASS", "archive/gold-1")
    assert inspect_all(store, tmp_path, KeyRegister(), tmp_path / "audit").problems == ()
    assert [each.name for each in folder.parent.iterdir()] == ["gold-1"]


def test_the_trail_finds_a_dossier_that_was_replaced(sealing, store, tmp_path, tiny):
    folder = Path(sealing().archive)
    other = tiny("gold-1")
    folder.rename(tmp_path / "gone")
    other.rename(folder)
    (problem,) = inspect_all(store, tmp_path, KeyRegister(), tmp_path / "audit").problems
    assert "is not the dossier that the trail tells of" in problem


def test_a_disk_that_is_full_leaves_the_run_and_no_dossier(sealing, store, tmp_path):
    """A file size limit is as real: every larger write fails with an OSError."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    sealing("gold-0")  # what a first rendering writes elsewhere is there now
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(GateRunError, match="cannot be written") as caught:
            sealing("gold-2")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert RUNNING in caught.value.hint
    kept = {each.name for each in (tmp_path / "archive").iterdir()}
    assert kept == {"gold-0", f"{RUNNING}gold-2"}
    record = (tmp_path / "archive" / f"{RUNNING}gold-2" / "gate.json").read_text()
    assert '"exit_code": 4' in record
    assert "cannot be written" in record
    assert [row["gate_id"] for row in rows(store)] == ["gold-0"]


KILLED = """\
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import conftest as made
import nbformat
from llmops_magics.audit import trail
from llmops_magics.release.dossier import archive, sealing
from llmops_magics.storage.store import Store
root, step = Path(sys.argv[2]), sys.argv[3]
store = Store.open(f"sqlite:///{root}/store/llmops.db")

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

def after(function):
    def call(*given, **named):
        function(*given, **named)
        die()
    return call

steps = {
    "prepared": (archive, "add_files", after(archive.add_files)),
    "told": (trail, "append", after(trail.append)),
    "committed": (archive, "seal", die),
    "named": (archive, "seal", after(archive.seal)),
}
module, name, function = steps[step]
setattr(module, name, function)
running = root / "archive" / ".running-gold-1"
(running / "ballot").mkdir(parents=True)
notebook = nbformat.v4.new_notebook()
result, content = sealing.freeze_run(notebook, made.make_result())
place = sealing.Place(name="gold-1", stem="gold", root=root, archive=root / "archive",
                      running=running, ballot=running / "ballot")
key = made.key_of(root, "alice")
sealing.seal_run(store, place, notebook, content, result, actor="ci", signer=key)
"""


@pytest.mark.parametrize(
    ("step", "is_sealed"),
    [("prepared", False), ("told", False), ("committed", True), ("named", True)],
)
def test_killed_at_each_step_it_is_sealed_or_not(store, tmp_path, step, is_sealed):
    here = str(Path(__file__).parent)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    done = subprocess.run(
        [sys.executable, "-c", KILLED, here, str(tmp_path), step], env=environment, check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert len(rows(store)) == len(events(store)) == is_sealed
    assert inspect_all(store, tmp_path, KeyRegister(), tmp_path / "audit").problems == ()
    if is_sealed:
        folder = find_folder(lambda: store, tmp_path, "gold-1")
        assert verify_dossier(folder).ok
        assert folder == tmp_path / "archive" / "gold-1"
    else:
        left = {each.name for each in (tmp_path / "archive").iterdir()}
        assert left == {f"{RUNNING}gold-1", f"{SEALING}gold-1"}
