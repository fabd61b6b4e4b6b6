"""The gold notebooks: run, written from a template, checked and compared: ``workspace.gates``.

What ``llmops gate`` and ``%llm_gate`` call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmops_magics.errors import UsageError
from llmops_magics.notebook import find_notebook, gold_notebooks
from llmops_magics.workbench.gate_runs import LIVE, GateRuns

if TYPE_CHECKING:
    from llmops_magics.evals.run import EvalRun
    from llmops_magics.release.dossier.change import DossierDiff
    from llmops_magics.release.dossier.record import Dossier
    from llmops_magics.release.execution.aa import GateAA
    from llmops_magics.release.execution.description import GateList
    from llmops_magics.release.execution.template import GateFile
    from llmops_magics.release.gate.result import GateResult
    from llmops_magics.release.lint.record import GateLint
    from llmops_magics.release.sentinel import DriftReport


class Gates(GateRuns):
    """Runs of gates, and what is around them: their notebooks, and what came out before."""

    def aa(self, dossier: str | Path, *, repeats: int = 1000) -> GateAA:
        """Return how often the gate of a dossier would fail an unchanged prompt."""
        from llmops_magics.release.execution.aa import gate_aa

        return gate_aa(self._dossiers().get(dossier), repeats=repeats)

    def new(
        self,
        name: str,
        template: str = "release",
        parameters: Mapping[str, Any] | None = None,
        *,
        folder: str | Path = "notebooks/gates",
    ) -> GateFile:
        """Write a gold notebook of one's own from a template; no file is overwritten."""
        from llmops_magics.release.execution.template import TEMPLATES, write_gate

        if template not in TEMPLATES:
            raise UsageError(
                f"There is no template {template!r}.", hint=f"There are {', '.join(TEMPLATES)}."
            )
        source = find_notebook(TEMPLATES[template])
        return write_gate(self._root / folder, name, source, parameters or {})

    def describe(self, notebooks: Sequence[str | Path] = ()) -> GateList:
        """Say what gold notebooks ask and take; those of the package where none is named."""
        from llmops_magics.release.execution.description import describe

        paths = [find_notebook(notebook) for notebook in notebooks]
        return describe(paths or list(gold_notebooks().values()))

    def lint(self, path: str | Path) -> GateLint:
        """Check a gold notebook without executing it."""
        from llmops_magics.release.lint.check import lint_notebook

        return lint_notebook(find_notebook(path))

    def diff(self, before: str | Path, after: str | Path) -> DossierDiff:
        """Return what changed from one dossier to another."""
        return self._dossiers().diff(before, after)

    def change(self, result: GateResult, against: str = "") -> DossierDiff:
        """Return what a run changes against a dossier; left out, against the last accepted one.

        ``UsageError`` where there is none, or the run came to no decision.
        """
        if result.decision is None or not result.archive:
            raise UsageError("It came to no decision that could be compared.")
        if not against:
            prompt, gate = result.decision.prompt.partition("@")[0], Path(result.notebook).stem
            found = self.accepted(prompt, gate, but=result.gate_id)
            against = found.folder
        return self._dossiers().diff(against, result.archive)

    def accepted(self, prompt: str, gate: str, *, environment: str = "", but: str = "") -> Dossier:
        """Return the newest dossier of a prompt that a live run of this gate passed.

        ``prompt`` is a name, or ``name@7``; ``but`` is the id of a run that does not count.
        ``UsageError`` where there is none.
        """
        listed = self._dossiers().list(prompt=prompt, gate=gate, limit=0).dossiers
        for row in listed:
            fits = environment in ("", row.environment) and row.gate_id != but
            if row.verdict == "PASS" and row.mode == LIVE and fits:
                return self._dossiers().get(row.gate_id)
        raise UsageError(
            f"No earlier run of {gate} has passed {prompt}.",
            hint=f"Run it first: llmops gate {gate} -p prompt={prompt}.",
        )

    def drift(self, accepted: Dossier, run: EvalRun) -> DriftReport:
        """Hold a new run against the accepted dossier: tell a provider's change from ours."""
        import os

        from llmops_magics.release.dossier.run_copy import run_of
        from llmops_magics.release.execution.ballot import FOLDER_VARIABLE
        from llmops_magics.release.execution.honesty import summary
        from llmops_magics.release.execution.recording import RESPONSES, read_responses
        from llmops_magics.release.sentinel import compare

        before = run_of(Path(accepted.folder))
        ballot = os.environ.get(FOLDER_VARIABLE)
        lines = read_responses(Path(ballot, RESPONSES)).lines if ballot else ()
        return compare(accepted, run, before, summary(lines)["fingerprints"])

    def parameters(self, dossier: Dossier) -> dict[str, Any]:
        """Return every parameter with which a dossier's notebook ran, the defaults among them."""
        from llmops_magics.release.execution.template import parameters_of

        return parameters_of(Path(dossier.folder), dossier.gate, dossier.result.parameters)
