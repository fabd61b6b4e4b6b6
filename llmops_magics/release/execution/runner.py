"""Run a gate: check the notebook, execute it, judge what came out, freeze it, and seal it.

Whatever happens in between, there is a record: a run that was interrupted or timed out is sealed
as one that could not run, and a runner that was killed leaves a ``.running-`` folder whose
``gate.json`` says so. The archive and its audit event come into being together.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmops_magics.errors import GateRunError
from llmops_magics.record import canonical_json, digest, format_time, utc_now
from llmops_magics.release.dossier import archive as archives
from llmops_magics.release.dossier.freeze import outputs_of, shown_records
from llmops_magics.release.dossier.masking import mask_value
from llmops_magics.release.dossier.sealing import Place, freeze_run, seal_run
from llmops_magics.release.execution import ballot
from llmops_magics.release.execution.honesty import CACHE_PARAMETER
from llmops_magics.release.execution.judgement import find_problems
from llmops_magics.release.execution.oversight import Mode, Outcome, Oversight, mode_of
from llmops_magics.release.execution.process import Job, Progress, execute
from llmops_magics.release.execution.provenance import (
    decision_digests,
    git_commit,
    package_versions,
)
from llmops_magics.release.execution.recording import LIVE
from llmops_magics.release.execution.refusal import note_refusal
from llmops_magics.release.execution.source import SourceNotebook, check_source
from llmops_magics.release.gate.result import GateDecision, GateResult, Verdict
from llmops_magics.storage.store import Store

if TYPE_CHECKING:
    from llmops_magics.audit.signing.key import SigningKey

EXIT_CODES: dict[Verdict | None, int] = {
    Verdict.PASS: 0,
    Verdict.FAIL: 1,
    Verdict.INCONCLUSIVE: 3,
    None: 4,
}
TIMEOUT_S = 1800.0
CELL_TIMEOUT_S = 300.0


@dataclass(frozen=True, kw_only=True)
class _Run:
    """One execution under way: what runs, where it works, and since when."""

    source: SourceNotebook
    root: Path
    archive: Path
    name: str
    folder: Path
    started: datetime
    parameters: dict[str, Any]  # masked
    mode: Mode
    environment: str

    @property
    def executed(self) -> Path:
        return self.folder / f"{self.source.stem}.ipynb"

    @property
    def ballot(self) -> Path:
        return self.folder / "ballot"


def run_gate(
    store: Store,
    notebook: str | Path,
    parameters: Mapping[str, Any],
    *,
    archive: Path,
    root: Path,
    actor: str,
    signer: SigningKey | None = None,
    mode: str = LIVE,
    replay_of: Path | None = None,
    environment: str = "",
    cache: str = "",
    timeout_s: float = TIMEOUT_S,
    cell_timeout_s: float = CELL_TIMEOUT_S,
    on_progress: Progress | None = None,
    extra_env: Mapping[str, str] | None = None,
    stop: threading.Event | None = None,
) -> GateResult:
    """Execute a gold notebook in ``root`` and seal the outcome in ``archive``.

    ``mode`` is ``live``, ``replay`` (every answer from the record in the folder ``replay_of``, and
    the same decision, or exit code 4) or ``rejudge`` (judges are asked again). ``environment`` is
    what the release is for. ``cache`` declares that stored answers may be used, in the way it
    names (``use``, ``refresh`` or ``replay``).

    ``signer`` signs the dossier; without one it is an archive that nobody vouches for.

    ``on_progress`` gets each cell's index, the number of cells and the cell's first line, before
    the cell runs; ``stop`` interrupts the run from another thread. Raises ``GateUsageError`` for a
    notebook or parameters that are refused (then nothing has run), ``GateRunError`` when the
    archive cannot be written; everything else that goes wrong is a result with exit code 4.
    """
    settled = mode_of(mode, replay_of, cache)
    source = _source(notebook, parameters, cache)
    if settled.recorded is not None:
        settled.recorded.check(source, mask_value(source.parameters))
    run = _begin(source, archive.resolve(), root.resolve(), settled, environment)
    oversight = Oversight.begin(store, run.root, run.ballot, settled, source)
    job = Job(
        source=str(run.folder / "source.ipynb"),
        executed=str(run.executed),
        parameters=run.source.parameters,
        cell_timeout_s=cell_timeout_s,
    )
    failure = execute(
        job,
        ballot=run.ballot,
        root=run.root,
        timeout_s=timeout_s,
        on_progress=on_progress,
        extra_env=extra_env,
        stop=stop,
    )
    executed = _read_executed(run)
    decision, problems = _judge(run, executed, failure)
    result = _result(run, executed, decision, problems, oversight.end(decision))
    return _seal(store, run, executed, result, actor=actor, signer=signer)


def _source(notebook: str | Path, parameters: Mapping[str, Any], cache: str) -> SourceNotebook:
    """Check the notebook; where it has a parameter for it, it is told how to use the cache."""
    source = check_source(notebook, parameters)
    if cache and CACHE_PARAMETER in source.defaults and CACHE_PARAMETER not in parameters:
        return check_source(notebook, {**parameters, CACHE_PARAMETER: cache})
    return source


def _begin(source: SourceNotebook, archive: Path, root: Path, mode: Mode, environment: str) -> _Run:
    """Make the run's folder, with a record that holds should this process be killed."""
    started, parameters = utc_now(), mask_value(source.parameters)
    name = archives.folder_name(source.stem, started)
    folder = archives.open_running(archive, name)
    run = _Run(
        source=source,
        root=root,
        archive=archive,
        name=name,
        folder=folder,
        started=started,
        parameters=parameters,
        mode=mode,
        environment=environment,
    )
    run.ballot.mkdir()
    (folder / "source.ipynb").write_bytes(source.content)
    unfinished = ("The gate has not ended: it still runs, or it was killed.",)
    archives.write_record(folder, _result(run, source.node(), None, unfinished, Outcome()))
    return run


def _read_executed(run: _Run) -> Any:
    """Return the notebook as far as it got; its source when nothing was executed."""
    import nbformat

    if not run.executed.exists():
        return run.source.node()
    return nbformat.read(run.executed, as_version=4)


def _judge(run: _Run, executed: Any, failure: str) -> tuple[GateDecision | None, tuple[str, ...]]:
    """Return the decision, and every reason why it cannot be believed."""
    problems = list(find_problems(executed, run.source.node(), failure))
    decision = None
    try:
        decision = ballot.collect(run.ballot)
    except GateRunError as error:
        problems.append(str(error))
    if decision is None and not problems:
        problems.append("The notebook ended without a decision: its gate call was not reached.")
    if decision is not None:
        shown = shown_records(executed, GateDecision.mime_type())
        if any(record != canonical_json(decision) for record in shown):
            problems.append("The notebook shows another decision than the one it delivered.")
    return decision, tuple(problems)


def _result(
    run: _Run,
    executed: Any,
    decision: GateDecision | None,
    problems: tuple[str, ...],
    outcome: Outcome,
) -> GateResult:
    problems = (*problems, *outcome.finding.problems)
    verdict = decision.verdict if decision and not problems else None
    packages, packages_digest = package_versions()
    finished = utc_now()
    return GateResult(
        gate_id=run.name,
        notebook=run.source.path.name,
        verdict=verdict,
        exit_code=EXIT_CODES[verdict],
        problems=problems,
        decision=decision,
        parameters=run.parameters,
        digests={
            "source": run.source.digest,
            "parameters": digest(run.parameters),
            "outputs": digest(outputs_of(executed)),
            "packages": packages_digest,
            **decision_digests(decision),
        },
        packages=packages,
        git_commit=git_commit(run.root),
        started_at=format_time(run.started),
        finished_at=format_time(finished),
        duration_s=round((finished - run.started).total_seconds(), 3),
        mode=run.mode.name,
        environment=run.environment,
        replay_of=run.mode.replays,
        comparable=outcome.comparable,
        evidence=outcome.evidence,
        notes=outcome.finding.notes,
    )


def _seal(
    store: Store,
    run: _Run,
    executed: Any,
    result: GateResult,
    *,
    actor: str,
    signer: SigningKey | None,
) -> GateResult:
    """Seal what came out; a notebook whose secrets cannot be masked leaves a note and no file."""
    try:
        result, notebook = freeze_run(executed, result)
    except GateRunError as refused:
        name = run.source.path.name  # the executed one goes: a secret may be in it
        note_refusal(store, name=run.name, notebook=name, refused=refused, actor=actor)
        archives.discard(run.folder)
        raise
    place = Place(
        name=run.name,
        stem=run.source.stem,
        root=run.root,
        archive=run.archive,
        running=run.folder,
        ballot=run.ballot,
    )
    return seal_run(store, place, executed, notebook, result, actor=actor, signer=signer)
