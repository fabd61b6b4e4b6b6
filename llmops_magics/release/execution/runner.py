"""Run a gate: check the notebook, execute it, judge what came out, freeze it, and seal it.

Whatever happens in between, there is a record: a run that was interrupted or timed out is sealed
as one that could not run, and a runner that was killed leaves a ``.running-`` folder whose
``gate.json`` says so. The archive and its audit event come into being together.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from llmops_magics.audit import trail
from llmops_magics.errors import GateRunError
from llmops_magics.evals.rows import file_name, named_rows
from llmops_magics.evals.run import EvalRun
from llmops_magics.record import canonical_json, digest, digest_bytes, format_time, utc_now
from llmops_magics.release.dossier import archive as archives
from llmops_magics.release.dossier.freeze import freeze, outputs_of, shown_records
from llmops_magics.release.dossier.masking import mask_value, redact_notebook
from llmops_magics.release.dossier.page import to_page
from llmops_magics.release.execution import ballot
from llmops_magics.release.execution.judgement import find_problems
from llmops_magics.release.execution.process import Job, Progress, execute
from llmops_magics.release.execution.provenance import (
    decision_digests,
    git_commit,
    package_versions,
)
from llmops_magics.release.execution.refusal import note_refusal
from llmops_magics.release.execution.source import SourceNotebook, check_source
from llmops_magics.release.gate.report import headline, to_junit, to_markdown
from llmops_magics.release.gate.result import GateDecision, GateResult, Verdict
from llmops_magics.storage.store import Store

EXIT_CODES: dict[Verdict | None, int] = {
    Verdict.PASS: 0,
    Verdict.FAIL: 1,
    Verdict.INCONCLUSIVE: 3,
    None: 4,
}
LIVE, REPLAY, REJUDGE = MODES = ("live", "replay", "rejudge")
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

    ``on_progress`` gets each cell's index, the number of cells and the cell's first line, before
    the cell runs; ``stop`` interrupts the run from another thread. Raises ``GateUsageError`` for a
    notebook or parameters that are refused (then nothing has run), ``GateRunError`` when the
    archive cannot be written; everything else that goes wrong is a result with exit code 4.
    """
    run = _begin(check_source(notebook, parameters), archive.resolve(), root.resolve())
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
    result = _result(run, executed, decision, problems)
    return _seal(store, run, executed, result, actor)


def _begin(source: SourceNotebook, archive: Path, root: Path) -> _Run:
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
    )
    run.ballot.mkdir()
    (folder / "source.ipynb").write_bytes(source.content)
    unfinished = ("The gate has not ended: it still runs, or it was killed.",)
    archives.write_record(folder, _result(run, source.node(), None, unfinished))
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
    run: _Run, executed: Any, decision: GateDecision | None, problems: tuple[str, ...]
) -> GateResult:
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
    )


def _seal(store: Store, run: _Run, executed: Any, result: GateResult, actor: str) -> GateResult:
    """Write the archive and its audit event, both or neither; then forget the running folder."""
    try:
        result, executed_json = _freeze(executed, result)
    except GateRunError as refused:
        notebook = run.source.path.name  # the executed one goes: a secret may be in it
        note_refusal(store, name=run.name, notebook=notebook, refused=refused, actor=actor)
        archives.discard(run.folder)
        raise
    files = {
        f"{run.source.stem}.ipynb": executed_json,
        f"{run.source.stem}.html": _encode(_page(executed, f"{run.name}: {headline(result)}")),
        "junit.xml": to_junit(result),
        "summary.md": _encode(to_markdown(result)),
        **_rows(store, executed),
    }
    prepared, digests = archives.prepare(run.archive, run.name, files)
    result = replace(result, files=digests, archive=str(run.archive / run.name))
    gate_json = archives.write_record(prepared, result)
    try:
        with store.write() as connection:
            trail.append(
                connection,
                actor=actor,
                action="gate.run",
                resource=f"gate/{run.name}",
                body=_event_body(run, result, gate_json),
            )
            archives.seal(prepared, run.archive, run.name)
    except BaseException:
        archives.unseal(run.archive, run.name)  # without its event it is no evidence
        raise
    archives.discard(run.folder)
    return result


def _rows(store: Store, executed: Any) -> dict[str, bytes]:
    """Return the files with every sample of the runs that the notebook shows a part of."""
    shown = (json.loads(record) for record in shown_records(executed, EvalRun.mime_type()))
    return {
        file_name(address): store.artifacts.get(address)
        for address in named_rows(shown)
        if store.artifacts.has(address)  # one that is not there was named by nobody of ours
    }


def _freeze(executed: Any, result: GateResult) -> tuple[GateResult, bytes]:
    """Freeze the notebook, with the verdict in its metadata; the digests are of what is kept."""
    import nbformat

    redact_notebook(executed)
    result = replace(result, problems=tuple(mask_value(result.problems)))
    note = {
        "gate_id": result.gate_id,
        "notebook": result.notebook,
        "verdict": headline(result),
        "exit_code": result.exit_code,
        "problems": list(result.problems),
        "parameters": result.parameters,
        "source": result.digests["source"],
    }
    freeze(executed, json.loads(json.dumps(note)))
    content = _encode(nbformat.writes(executed) + "\n")
    digests = {
        **result.digests,
        "outputs": digest(outputs_of(executed)),
        "executed": digest_bytes(content),
    }
    return replace(result, digests=digests), content


def _page(executed: Any, title: str) -> str:
    """Render the page; a notebook that cannot be rendered still gets its other records."""
    from html import escape

    try:
        return to_page(executed, title)
    except Exception as error:  # noqa: BLE001 -- third-party renderers on untrusted content
        reason = escape(f"{type(error).__name__}: {error}")
        return f"<!DOCTYPE html><title>{escape(title)}</title><p>Cannot be rendered: {reason}</p>\n"


def _event_body(run: _Run, result: GateResult, gate_json: str) -> dict[str, Any]:
    decision = result.decision
    return {
        "archive": run.name,
        "folder": _folder(run),
        "gate_json": gate_json,
        "notebook": result.notebook,
        "verdict": result.verdict.value if result.verdict else None,
        "exit_code": result.exit_code,
        "digests": result.digests,
        "run_id": decision.run_id if decision else "",
        "prompt": decision.prompt if decision else "",
    }


def _folder(run: _Run) -> str:
    """Return where the archive is, seen from the workspace, so that both can move together."""
    folder = run.archive / run.name
    inside = folder.is_relative_to(run.root)
    return (folder.relative_to(run.root) if inside else folder).as_posix()


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "replace")
