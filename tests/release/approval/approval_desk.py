"""A workspace with people, their keys, and gates that were sealed as real dossiers."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import nbformat
import pytest

from llmops_magics.prompts.serving.plan import RolloutPlan
from llmops_magics.record import digest, format_time, utc_now
from llmops_magics.release.dossier.sealing import Place, freeze_run, seal_run
from llmops_magics.release.environment import promotion
from llmops_magics.release.environment.state import Move
from llmops_magics.release.gate.result import GateDecision, GateResult, RuleResult, Verdict
from llmops_magics.workspace import Workspace

MODEL = "test/model"
TOML = f"""
[models]
default = "{MODEL}"
[access.roles]
approver = ["bob", "carol", "ann", "dave"]
releaser = ["dave", "ann"]
"""
EXIT = {"PASS": 0, "FAIL": 1, "INCONCLUSIVE": 3}


class Desk:
    """One workspace, and whoever sits down at it."""

    toml = TOML

    def __init__(self, folder, monkeypatch):
        self.folder = folder
        self._monkeypatch = monkeypatch
        self._opened = []
        self.count = 0
        self.settings(TOML)

    def settings(self, toml):
        (self.folder / "llmops.toml").write_text(toml, encoding="utf-8")
        self.close()
        self.workspace = Workspace(self.folder)
        self._opened.append(self.workspace)

    @property
    def approvals(self):
        return self.workspace.approvals

    def be(self, name):
        self._monkeypatch.setenv("LLMOPS_ACTOR", name)
        return self

    def key(self, *names):
        for name in names:
            self.be(name).workspace.signing.new(name)
        return self

    def prompt(self, text="Answer {{ question }}", *, by="ann", name="support/answer"):
        self.be(by)
        return self.workspace.prompts.register(name, text)

    def gate(self, version, gate="release_gate", verdict="PASS", *, ago=timedelta(0), **changes):
        """Seal a gate's run as whoever sits here; the signature is real."""
        self.count += 1
        name = f"{gate}-{self.count:03d}"
        at = format_time(utc_now() - ago)
        mode, notes = changes.pop("mode", "live"), changes.pop("notes", ())
        decision = _decision(version, verdict, **changes)
        executed = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")])
        result = GateResult(
            gate_id=name,
            notebook=f"{gate}.ipynb",
            verdict=decision.verdict,
            exit_code=EXIT[verdict],
            problems=(),
            decision=decision,
            parameters={},
            digests={"source": digest(gate)},
            packages={},
            git_commit="",
            started_at=at,
            finished_at=at,
            duration_s=1.0,
            mode=mode,
            notes=notes,
        )
        result, notebook = freeze_run(executed, result)
        running = self.folder / "running" / name
        running.mkdir(parents=True)
        (self.folder / "archive").mkdir(exist_ok=True)
        place = Place(
            name=name,
            stem=gate,
            root=self.folder,
            archive=self.folder / "archive",
            running=running,
            ballot=running,
        )
        key = self.workspace.signing.signer(make=True)
        store = self.workspace.store
        return seal_run(store, place, executed, notebook, result, actor=key.name, signer=key)

    def serve(self, version, environment):
        """Make an environment serve a version to everybody, with nobody asking for evidence."""
        move = Move(
            environment=environment,
            prompt=version.name,
            label=environment,
            actor="dave",
            reason="why",
        )
        bundle = self.approvals.bundle(version.ref)
        with self.workspace.store.write(lock=f"prompt {version.name}") as connection:
            promotion.promote(connection, move, bundle, RolloutPlan(steps=()), labelled=None)

    def events(self, prefix):
        from llmops_magics.audit.trail import events

        with self.workspace.store.read() as connection:
            return [each for each in events(connection) if each.action.startswith(prefix)]

    def close(self):
        while self._opened:
            self._opened.pop().close()


def _decision(version, verdict, **changes):
    rule = RuleResult(
        rule="contains >= 0.6",
        verdict=Verdict(verdict),
        reason="0.95 [0.83, 0.99] over 40 cases.",
        observed=0.95,
        low=0.83,
        high=0.99,
        n=40,
    )
    fields = {
        "verdict": Verdict(verdict),
        "rules": (rule,),
        "run_id": "",
        "prompt": version.ref,
        "prompt_digest": version.digest,
        "dataset": "cases@1",
        "dataset_digest": digest("cases"),
        "model": MODEL,
        "resolved_models": ("model-1",),
        "failing_cases": (),
        "cost_usd": Decimal("0.04"),
        "unpriced_samples": 0,
        "decided_at": format_time(utc_now()),
    }
    return GateDecision(**(fields | changes))


@pytest.fixture
def desk(folder, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    for name in ("LLMOPS_ENVIRONMENT", "LLMOPS_SIGNING_KEY", "LLMOPS_KEY_PASSPHRASE"):
        monkeypatch.delenv(name, raising=False)
    made = Desk(folder, monkeypatch)
    yield made
    made.close()


@pytest.fixture
def ready(desk):
    """A version by ann that runs in staging, passed its gate and lacks one approval."""
    desk.key("ann", "bob", "carol", "dave")
    version = desk.prompt()
    desk.gate(version)
    desk.serve(version, "staging")
    return desk
