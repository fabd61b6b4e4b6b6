"""What decided a gate, by digest and where it can be by content: ``resources.json``, ``run.json``.

A dossier is read years later and elsewhere, when the store may be gone: the versions of the prompt
and of its baseline are in it whole, and so is the summary of the run that the decision is about.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from llmops_magics.audit.actor import current_actor
from llmops_magics.errors import LlmopsError
from llmops_magics.evals.rows import file_name, named_rows
from llmops_magics.evals.run import EvalRun
from llmops_magics.evals.stored import load_run
from llmops_magics.prompts.registry import PromptRegistry
from llmops_magics.release.dossier.container import container
from llmops_magics.release.dossier.freeze import shown_records
from llmops_magics.release.dossier.manifest import RESOURCES, canonical
from llmops_magics.release.dossier.masking import mask_value
from llmops_magics.release.dossier.prompt_copy import copy_of
from llmops_magics.release.execution.recording import EVIDENCE, RESPONSES

if TYPE_CHECKING:
    from llmops_magics.release.gate.result import GateDecision, GateResult
    from llmops_magics.storage.store import Store

RUN: Final = "run.json"
VERSION: Final = 1


def evidence_files(
    store: Store, executed: Any, result: GateResult, ballot: Path
) -> dict[str, bytes]:
    """Return the files of a dossier that say what decided: what was asked, answered and used."""
    recorded = {
        name: (ballot / name).read_bytes()
        for name in (RESPONSES, EVIDENCE)
        if (ballot / name).is_file()
    }
    shown = [json.loads(record) for record in shown_records(executed, EvalRun.mime_type())]
    run = _decisive(store, result.decision, shown)
    files = {**recorded, **_rows(store, [*shown, *([run] if run else [])])}
    if run is not None:
        files[RUN] = canonical(mask_value(run))
    at_the_end = _at_the_end(recorded.get(EVIDENCE, b""))
    resources = _resources(store, result, run or {}) | {"at_the_end": at_the_end}
    files[RESOURCES] = canonical(mask_value(resources))
    return files


def _decisive(
    store: Store, decision: GateDecision | None, shown: Iterable[dict[str, Any]]
) -> dict[str, Any] | None:
    """Return the run that the decision is about without its samples, which have a file.

    As the store has it, else as the notebook shows it; None for what is no eval run.
    """
    if decision is None or not decision.run_id:
        return None
    seen = next((run for run in shown if run.get("run_id") == decision.run_id), None)
    try:
        stored = replace(load_run(store, decision.run_id), samples=(), causes=None)
    except LlmopsError:
        return None if seen is None else {**seen, "samples": []}
    compared = seen.get("comparison") if seen else None
    return {**stored.to_dict(), "comparison": compared}


def _rows(store: Store, runs: Iterable[dict[str, Any]]) -> dict[str, bytes]:
    """Return the files with every sample of the runs that are named."""
    return {
        file_name(address): store.artifacts.get(address)
        for address in named_rows(runs)
        if store.artifacts.has(address)  # one that is not there was named by nobody of ours
    }


def _resources(store: Store, result: GateResult, run: Mapping[str, Any]) -> dict[str, Any]:
    decision = result.decision
    answered = result.evidence.get("responses") or {}
    return {
        "version": VERSION,
        "prompts": _prompts(store, decision) if decision else {},
        "dataset": {"name": decision.dataset, "digest": decision.dataset_digest}
        if decision
        else {},
        "index": decision.index_fingerprint if decision else "",
        "scorers": dict(run.get("scorer_digests") or {}),
        "judges": dict(run.get("judges") or {}),
        "licences": decision.licences if decision else {},
        "model": decision.model if decision else "",
        "resolved_models": list(decision.resolved_models) if decision else [],
        "models": answered.get("models", {}),
        "system_fingerprints": answered.get("fingerprints", {}),
        "settings": run.get("settings") or {},
        "packages": result.packages,
        "packages_digest": result.digests.get("packages", ""),
        "git_commit": result.git_commit,
        "container": container(),
    }


def _at_the_end(evidence: bytes) -> dict[str, Any]:
    """Return the digests of data, indexes and prompts when the gate ended, as it noted them."""
    try:
        return dict(json.loads(evidence).get("end") or {})
    except (ValueError, AttributeError):  # none was written, or it was cut by a kill
        return {}


def _prompts(store: Store, decision: GateDecision) -> dict[str, Any]:
    """Return the versions under test, each whole where the registry has it."""
    registry = PromptRegistry(store, actor=current_actor)
    named = {"candidate": (decision.prompt, decision.prompt_digest)}
    if decision.baseline:
        named["baseline"] = (decision.baseline, "")
    return {role: _version(registry, *each) for role, each in named.items()}


def _version(registry: PromptRegistry, reference: str, expected: str) -> dict[str, Any]:
    try:
        version = registry.get(reference)
    except LlmopsError:  # a draft, a function, or a prompt of another workspace
        return {"ref": reference, "digest": expected}
    if expected and version.digest != expected:
        return {"ref": reference, "digest": expected}
    return {"ref": version.ref, "digest": version.digest, "content": copy_of(version)}
