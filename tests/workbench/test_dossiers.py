"""The dossiers of a workspace, in the magic and on the command line too."""

from __future__ import annotations

import json

import nbformat
import pytest

from llmops_magics.cli.main import main
from llmops_magics.release.dossier.archive import RUNNING
from llmops_magics.release.dossier.sealing import Place, freeze_run, seal_run
from llmops_magics.release.gate.result import GateResult
from llmops_magics.workspace import Workspace


def result(name):
    return GateResult(
        gate_id=name,
        notebook="gold.ipynb",
        verdict=None,
        exit_code=4,
        problems=("The kernel died.",),
        decision=None,
        parameters={},
        digests={"source": "sha256:" + "3" * 64},
        packages={},
        git_commit="",
        started_at="2026-11-24T00:00:00.000000Z",
        finished_at="2026-11-24T00:00:01.000000Z",
        duration_s=1.0,
    )


@pytest.fixture
def workspace(folder, monkeypatch):
    """A workspace with two dossiers, signed by a key that its register has."""
    monkeypatch.setenv("LLMOPS_SIGNING_KEY", str(folder.parent / "own.pem"))
    (folder / "llmops.toml").write_text("")
    workspace = Workspace(folder)
    workspace.signing.new()
    for name in ("gold-1", "gold-2"):
        running = workspace.archive / f"{RUNNING}{name}"
        running.mkdir(parents=True)
        notebook = nbformat.v4.new_notebook()
        frozen, content = freeze_run(notebook, result(name))
        place = Place(
            name=name, stem="gold", root=folder, archive=workspace.archive,
            running=running, ballot=running,
        )  # fmt: skip
        seal_run(
            workspace.store, place, notebook, content, frozen,
            actor="ci", signer=workspace.signing.signer(),
        )  # fmt: skip
    yield workspace
    workspace.close()


def test_found_read_verified_and_compared(workspace):
    dossiers = workspace.dossiers
    assert [each.gate_id for each in dossiers.list().dossiers] == ["gold-2", "gold-1"]
    newest = dossiers.get("newest")
    assert (newest.gate_id, newest.is_known) == ("gold-2", True)
    assert dossiers.get(newest.digest[:20]).digest == newest.digest
    assert dossiers.verify("gold-1").ok
    assert dossiers.diff("gold-1", "gold-2").differences == ()


def test_the_command_names_the_wrong_byte(workspace, capsys):
    page = workspace.archive / "gold-1" / "summary.md"
    content = page.read_bytes()
    page.write_bytes(content[:5] + b"\x00" + content[6:])
    assert main(["dossier", "verify", "gold-1"]) == 1
    assert "summary.md at byte 5" in capsys.readouterr().out
    assert main(["dossier", "verify", "gold-2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True
    assert main(["dossier", "list"]) == 0
    assert "gold-2" in capsys.readouterr().out
    assert main(["dossier", "show", "nothing"]) == 2
