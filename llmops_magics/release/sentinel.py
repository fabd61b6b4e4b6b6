"""Drift: what was accepted is asked again, and a provider's change told from ours.

What we decide is known by digest: prompt, data, index, scorers, judges, the model asked for. What
the provider decides is known by what it says of itself (the model that answered, its fingerprint)
and by what it does: with nothing of ours changed, results that differ by more than chance are the
provider's. Which of the two caused a difference when both changed, one run cannot tell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from llmops_magics.evals.comparison import compare as compare_runs
from llmops_magics.evals.run import Comparison, EvalRun
from llmops_magics.record import Record

if TYPE_CHECKING:
    from llmops_magics.release.dossier.record import Dossier

UNCHANGED = "unchanged"
PROVIDER = "the provider changed"
WE = "we changed"
BOTH = "both"
INCONCLUSIVE = "INCONCLUSIVE"
WORSE, BETTER, NOISE, UNKNOWN = "worse", "better", "within noise", "not measured"
MIN_CASES = 5
MOST_SAID = 5
Fingerprints = Mapping[str, Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class Drifted:
    """One thing that is not as it was accepted; empty where it is not known of one side."""

    what: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class DriftReport(Record):
    """A run of now held against an accepted dossier.

    ``verdict`` is unchanged, the provider changed, we changed, both, or INCONCLUSIVE. ``results``
    is what the paired comparison says of all scores: worse, better, within noise (each at 95%,
    adjusted over the scores) or not measured. ``comparison`` is now minus then.
    """

    kind: ClassVar[str] = "drift"

    verdict: str
    reason: str
    gate_id: str
    dossier_digest: str
    accepted_at: str
    prompt: str
    model: str
    ours: tuple[Drifted, ...]
    provider: tuple[Drifted, ...]
    results: str
    comparison: Comparison | None
    notes: tuple[str, ...] = ()


def compare(
    dossier: Dossier,
    run: EvalRun,
    accepted: EvalRun | None,
    fingerprints: Fingerprints | None = None,
) -> DriftReport:
    """Hold a new run against an accepted dossier.

    ``accepted`` is the dossier's own run, None where it is gone; ``fingerprints`` are those that
    the models answering now gave, by model.
    """
    comparison = compare_runs(run, accepted) if accepted is not None else None
    ours = tuple(_ours(dossier, run, accepted))
    provider = tuple(_providers(dossier, run, fingerprints))
    results = _results(comparison)
    verdict = _verdict(ours, provider, results)
    return DriftReport(
        verdict=verdict,
        reason=_reason(verdict, ours, provider, results, comparison),
        gate_id=dossier.gate_id,
        dossier_digest=dossier.digest,
        accepted_at=dossier.finished_at,
        prompt=run.prompt,
        model=run.model,
        ours=ours,
        provider=provider,
        results=results,
        comparison=comparison,
        notes=tuple(_notes(run, accepted, fingerprints)),
    )


def _ours(dossier: Dossier, run: EvalRun, accepted: EvalRun | None) -> list[Drifted]:
    pairs = [
        ("prompt", dossier.prompt_digest, run.prompt_digest),
        ("dataset", dossier.dataset_digest, run.dataset_digest),
        ("model asked for", dossier.model, run.model),
    ]
    if accepted is not None:
        pairs += _by_name("scorer", accepted.scorer_digests, run.scorer_digests)
        pairs += _by_name("setting", accepted.settings, run.settings)
    return [
        Drifted(what=what, before=before, after=after)
        for what, before, after in pairs
        if before != after
    ]


def _by_name(
    what: str, before: Mapping[str, object], after: Mapping[str, object]
) -> list[tuple[str, str, str]]:
    names = sorted({*before, *after})
    return [(f"{what} {n}", str(before.get(n, "")), str(after.get(n, ""))) for n in names]


def _providers(dossier: Dossier, run: EvalRun, fingerprints: Fingerprints | None) -> list[Drifted]:
    """Return what the provider says of itself that is another; silence says nothing."""
    pairs = [("model that answers", dossier.resolved_models, run.resolved_models)]
    recorded = dossier.result.evidence.get("responses") or {}
    then: Fingerprints = recorded.get("fingerprints", {})
    now = fingerprints or {}
    pairs += [
        (f"fingerprint of {model}", tuple(then[model]), tuple(now[model]))
        for model in sorted(then.keys() & now.keys())
    ]
    return [
        Drifted(what=what, before=", ".join(before), after=", ".join(after))
        for what, before, after in pairs
        if before and after and set(before) != set(after)
    ]


def _results(comparison: Comparison | None) -> str:
    if comparison is None or comparison.common_cases < MIN_CASES or not comparison.differences:
        return UNKNOWN
    said = {difference.verdict for difference in comparison.differences}
    return next((word for word in (WORSE, BETTER, UNKNOWN) if word in said), NOISE)


def _verdict(ours: Sequence[Drifted], provider: Sequence[Drifted], results: str) -> str:
    if ours:
        return BOTH if provider else WE
    if provider or results in (WORSE, BETTER):
        return PROVIDER
    return UNCHANGED if results == NOISE else INCONCLUSIVE


def _reason(
    verdict: str,
    ours: Sequence[Drifted],
    provider: Sequence[Drifted],
    results: str,
    comparison: Comparison | None,
) -> str:
    named = ", ".join(each.what for each in (*ours, *provider)[:MOST_SAID])
    cases = comparison.common_cases if comparison else 0
    seen = f"results {results}" if results in (WORSE, BETTER) else f"results are {results}"
    of = f"{seen} on {cases} cases"
    if verdict == UNCHANGED:
        return f"Nothing of ours changed, the provider names the same models, and {of}."
    if verdict == INCONCLUSIVE:
        return f"Nothing is known to have changed, but {of}."
    if named:
        return f"Changed: {named}; {of}."
    return f"Nothing of ours changed and the provider names the same models, yet {of}."


def _notes(run: EvalRun, accepted: EvalRun | None, fingerprints: Fingerprints | None) -> list[str]:
    notes = []
    if accepted is None:
        notes.append("The dossier holds no samples of its run: its results cannot be compared.")
    if not fingerprints:
        notes.append("No endpoint gave a fingerprint: a model changed under its name is not seen.")
    if run.summary.errors:
        notes.append(f"{run.summary.errors} calls failed.")
    return notes
