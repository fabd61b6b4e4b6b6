"""One workspace, as the layers above are given it: its parts, and what one does with several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from llmops_magics.workspace.evaluating import eval_request
from llmops_magics.workspace.parts import Parts

if TYPE_CHECKING:
    from llmops_magics.audit.trail import AuditReport
    from llmops_magics.evals.calibration.record import Calibration
    from llmops_magics.evals.matrix import EvalMatrix
    from llmops_magics.evals.request import EvalOptions
    from llmops_magics.evals.review.selection import Scope
    from llmops_magics.evals.review.session import ReviewSession
    from llmops_magics.evals.rightsize import RightSize
    from llmops_magics.evals.run import EvalRun
    from llmops_magics.prompts.version import PromptVersion
    from llmops_magics.release.gate.result import GateResult


class Workspace(Parts):
    """One project's prompts, datasets, evals, indexes, traces and audit trail."""

    def model_of(self, version: PromptVersion, model: str = "") -> str:
        """Return which model answers a prompt: the one asked for, its own, or the default."""
        return self._evaluating.model_of(version, model)

    def ask(
        self,
        reference: str,
        *,
        model: str = "",
        key: str = "",
        attributes: Mapping[str, Any] | None = None,
        **variables: Any,
    ) -> str:
        """Render a prompt with variables, call its model once and return the answer's text.

        Of what an environment serves (``support/answer@production``), ``key`` says which arm and
        ``attributes`` are what targeting rules look at. A prompt's own variable called ``key`` or
        ``attributes`` gets the same value.
        """
        own = {"key": key, "attributes": attributes}
        given = {name: value for name, value in own.items() if value} | variables
        return self.prompts.ask(reference, given, model=model, key=key, attributes=attributes).text

    def evaluate(
        self, target: Any, data: Any, scorers: Sequence[Any], **options: Unpack[EvalOptions]
    ) -> EvalRun:
        """Run a target over a dataset, score and store every answer, and return the run.

        ``target`` is a prompt reference or a Python function that answers a case; ``data`` is a
        file (CSV, JSONL, JSON, Parquet), a DataFrame, a list of dicts or the reference of a
        dataset that was used before; a scorer is a name, a function, or the name of a function in
        ``namespace``. With ``baseline`` that target is run on the same cases too, first, and the
        run carries the comparison. With ``aa`` the baseline (without one, the target) is run once
        more, and the run carries how many cases flip by chance alone. The other ``options`` are
        those of ``evals.request.EvalRequest``.

        Raises ``EvalStoppedError`` at a limit, and ``EvalInterrupted`` at Ctrl-C: what is done is
        kept, and ``resume`` goes on from there.
        """
        return self._evaluating.evaluations.evaluate(eval_request(target, data, scorers, options))

    def evaluate_matrix(
        self,
        targets: Sequence[Any],
        data: Any,
        scorers: Sequence[Any],
        *,
        models: Sequence[str] = (),
        variants: Sequence[Mapping[str, Any]] = (),
        **options: Unpack[EvalOptions],
    ) -> EvalMatrix:
        """Run every target with every model and every variant of settings on the same cases."""
        request = eval_request("", data, scorers, options)
        return self._evaluating.evaluations.evaluate_matrix(request, targets, models, variants)

    def rightsize(
        self,
        prompt: str,
        models: Sequence[str],
        data: Any,
        scorers: Sequence[Any],
        *,
        margin: float = 0.02,
        reference: str = "",
        write_route: str = "",
        **options: Unpack[EvalOptions],
    ) -> RightSize:
        """Evaluate a prompt with each model and find the cheapest that is not inferior.

        ``reference`` is the model that the others are held against, left out the dearest;
        ``margin`` is what a score may fall below its, in the score's own unit. ``write_route``
        names the router of ``llmops.toml`` that is written where there is a verdict.
        """
        return self._evaluating.rightsize(
            eval_request(prompt, data, scorers, options),
            models=models,
            margin=margin,
            reference=reference,
            write_route=write_route,
        )

    def resume(self, run_id: str, *, data: Any = None, **options: Unpack[EvalOptions]) -> EvalRun:
        """Finish a run that was broken off; ``data``, if given, must be what it ran on."""
        return self._evaluating.continuation.resume(run_id, eval_request("", data, (), options))

    def run(self, run_id: str) -> EvalRun:
        """Return a finished run by its id, with its samples and the comparison it had."""
        return self._evaluating.continuation.read(run_id)

    def retry_errors(
        self, run_id: str, *, data: Any = None, **options: Unpack[EvalOptions]
    ) -> EvalRun:
        """Ask the failed calls of a run again, in a new run; the old one stays as it is."""
        return self._evaluating.continuation.retry_errors(
            run_id, eval_request("", data, (), options)
        )

    def rescore(
        self, run_id: str, scorers: Sequence[Any], **options: Unpack[EvalOptions]
    ) -> EvalRun:
        """Score the answers of a finished run with other scorers, without asking for them anew."""
        return self._evaluating.continuation.rescore(
            run_id, eval_request("", None, scorers, options)
        )

    def review(self, run: EvalRun | str, scope: Scope | None = None) -> ReviewSession:
        """Open the review of a run, where it was left; ``scope`` says which of its cases."""
        return self._evaluating.review(run, scope)

    def calibrate(self, judge: Any, labels: Any, **options: Any) -> Calibration:
        """Hold a judge against human labels; the report is stored as its licence, or its refusal.

        ``judge`` is the name of a scorer or a function, ``labels`` any data; ``options`` are those
        of ``workbench.calibration.CalibrationRequest``.
        """
        return self._evaluating.calibrate(judge, labels, options)

    def gate(
        self,
        notebook: str | Path,
        parameters: Mapping[str, Any] | None = None,
        *,
        archive: str | Path | None = None,
        **options: Any,
    ) -> GateResult:
        """Execute a gold notebook as a release gate and seal it in the archive.

        ``options`` are those of ``workspace.gates.run``: environment, mode, limits and progress.
        """
        return self.gates.run(notebook, parameters, archive=archive, **options)

    @property
    def archive(self) -> Path:
        """Where executed notebooks are kept."""
        return self.root / self.settings.gate.archive

    def verify_audit(self, *, expected_head: str = "") -> AuditReport:
        """Check the trail, its signed heads and every dossier: ``workspace.audit.inspect``."""
        return self.audit.inspect(head=expected_head)
