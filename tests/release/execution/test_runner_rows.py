"""A gate's archive holds every sample of the runs that its notebook shows a part of."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from llmops_magics.evals.rows import read_rows
from llmops_magics.record import digest_bytes
from llmops_magics.release.dossier.archive import verify_archive
from llmops_magics.testing import Reply
from llmops_magics.workspace import Workspace

RUN = """
import llmops_magics
llmops_magics.register_prompt("p", "Say {{ word }}", model="openai/scripted")
rows = [{"id": f"c{i}", "word": f"w{i}", "expected": f"w{i}"} for i in range(300)]
run = llmops_magics.evaluate("p", rows, ["contains"], concurrency=32)
run
"""
GATE = 'llmops_magics.gate(run, ["contains >= 0.5"])'


@pytest.mark.slow
def test_the_rows_of_a_run_are_archived_beside_the_notebook(tmp_path, notebook, endpoint):
    endpoint(Reply.template("{{ user }}"))
    (tmp_path / "llmops.toml").touch()
    workspace = Workspace(tmp_path)
    archive = Path(workspace.gate(notebook(RUN, gate=GATE)).archive)
    record = (archive / "gate.json").read_bytes()
    (name,) = [file for file in json.loads(record)["files"] if file.startswith("rows-")]
    samples = list(read_rows((archive / name).read_bytes()))
    assert [s.case_id for s in samples] == [f"c{i}" for i in range(300)]
    assert (archive / "gold.ipynb").stat().st_size < 1_000_000
    assert verify_archive(archive, digest_bytes(record)) == []
    (archive / name).write_bytes(b"other")
    assert verify_archive(archive, digest_bytes(record)) != []
    workspace.close()
