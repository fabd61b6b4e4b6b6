"""Dossiers made by the real sealing, without a kernel; and a tiny one for flipping bytes."""

import json
from decimal import Decimal

import nbformat
import pytest

from llmops_magics.audit.signing.key import new_key
from llmops_magics.audit.signing.register import KeyRegister, RegisteredKey
from llmops_magics.evals.rows import write_rows
from llmops_magics.evals.run import EvalRun
from llmops_magics.record import digest_bytes, format_time, utc_now
from llmops_magics.release.dossier.archive import RUNNING
from llmops_magics.release.dossier.manifest import manifest, signed_files
from llmops_magics.release.dossier.sealing import Place, freeze_run, seal_run
from llmops_magics.release.gate.result import GateDecision, GateResult, RuleResult, Verdict


def of_digit(digit):
    return f"sha256:{digit * 64}"


def key_of(folder, name):
    """A new key of somebody's in a folder of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LLMOPS_SIGNING_KEY", str(folder / f"{name}.pem"))
        return new_key(name)


@pytest.fixture(scope="module")
def alice(tmp_path_factory):
    return key_of(tmp_path_factory.mktemp("keys"), "alice")


@pytest.fixture(scope="module")
def mallory(tmp_path_factory):
    return key_of(tmp_path_factory.mktemp("keys"), "mallory")


@pytest.fixture
def register(alice):
    """The keys that count: Alice's."""
    own = RegisteredKey(
        name="alice", key_id=alice.key_id, public=alice.public_hex, added_at="2026-01-01T00:00:00Z"
    )
    return KeyRegister((own,))


def make_decision(**changes):
    rules = (RuleResult(rule="contains >= 0.6", verdict=Verdict.PASS, reason="met", observed=0.95),)
    return GateDecision(
        **{
            "verdict": Verdict.PASS,
            "rules": rules,
            "run_id": "r1",
            "prompt": "support/answer@1",
            "prompt_digest": of_digit("1"),
            "dataset": "cases",
            "dataset_digest": of_digit("2"),
            "model": "test/model",
            "resolved_models": ("model-1",),
            "failing_cases": (),
            "cost_usd": Decimal("0.04"),
            "unpriced_samples": 0,
            **changes,
        }
    )


def make_result(name="gold-1", decision=None, **changes):
    made = make_decision() if decision is None else decision
    return GateResult(
        **{
            "gate_id": name,
            "notebook": "gold.ipynb",
            "verdict": made.verdict,
            "exit_code": 0,
            "problems": (),
            "decision": made,
            "parameters": {"data": "cases"},
            "digests": {"source": of_digit("3"), "packages": of_digit("4")},
            "packages": {"python": "3.11.9", "numpy": "2.0.0"},
            "git_commit": "abc",
            "started_at": "2026-11-24T00:00:00.000000Z",
            "finished_at": format_time(utc_now()),
            "duration_s": 1.0,
            **changes,
        }
    )


@pytest.fixture
def decision_of():
    return make_decision


@pytest.fixture
def result_of():
    return make_result


@pytest.fixture
def tiny(tmp_path, alice):
    """``tiny(name, key=…)`` writes a signed dossier of two files beside the record: 6 kB."""

    def make(name="gold-1", key=alice, **changes):
        folder = tmp_path / "tiny" / name
        folder.mkdir(parents=True)
        files = {"page.html": b"<p>" + b"ok " * 400 + b"</p>", "empty.txt": b""}
        digests = {file: digest_bytes(content) for file, content in files.items()}
        result = make_result(name, is_signed=True, files=digests, **changes)
        files["gate.json"] = json.dumps(result.to_dict()).encode()
        made = manifest(files, result, actor="alice", signed_at=result.finished_at)
        _, signed = signed_files(made, key)
        for file, content in {**files, **signed}.items():
            (folder / file).write_bytes(content)
        return folder

    return make


@pytest.fixture
def sealing(store, tmp_path, alice):
    """``sealing(name, run=…, decision=…)`` seals a run as the runner does; returns its result."""

    def seal(name="gold-1", *, run=None, signer=alice, archive=None, **changes):
        archive = archive or tmp_path / "archive"
        running = archive / f"{RUNNING}{name}"
        (running / "ballot").mkdir(parents=True)
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Gate")])
        if run is not None:
            shown = {**run.to_dict(), "rows_artifact": write_rows(run.samples, store.artifacts)}
            data = {EvalRun.mime_type(): {**shown, "samples": []}, "text/plain": "a run"}
            output = nbformat.v4.new_output("display_data", data=data)
            notebook.cells.append(nbformat.v4.new_code_cell("run", outputs=[output]))
        result, content = freeze_run(notebook, make_result(name, **changes))
        place = Place(
            name=name,
            stem="gold",
            root=tmp_path,
            archive=archive,
            running=running,
            ballot=running / "ballot",
        )
        return seal_run(store, place, notebook, content, result, actor="ci", signer=signer)

    return seal
