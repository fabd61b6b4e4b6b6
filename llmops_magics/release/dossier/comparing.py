"""Compare two dossiers by what they hold: no store, no model and no network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from llmops_magics.evals.comparison import compare
from llmops_magics.evals.run import Comparison, EvalRun, ScoreSummary
from llmops_magics.prompts.diff import diff as prompt_diff
from llmops_magics.prompts.version import PromptDiff
from llmops_magics.release.dossier.change import (
    DossierDiff,
    Estimated,
    FlippedCase,
    RulePair,
    RunCost,
    ScorePair,
)
from llmops_magics.release.dossier.decider import differences
from llmops_magics.release.dossier.prompt_copy import version_of
from llmops_magics.release.dossier.read import read_dossier
from llmops_magics.release.dossier.record import Dossier, ListedDossier
from llmops_magics.release.dossier.run_copy import run_of

if TYPE_CHECKING:
    from llmops_magics.audit.signing.register import KeyRegister
    from llmops_magics.release.gate.result import RuleResult

MOST_FLIPPED: Final = 100
ANSWER_CHARACTERS: Final = 600


@dataclass(frozen=True, kw_only=True)
class _Side:
    """One dossier and the run in it."""

    dossier: Dossier
    run: EvalRun | None

    @classmethod
    def read(cls, folder: Path, register: KeyRegister | None) -> _Side:
        return cls(dossier=read_dossier(folder, register), run=run_of(folder))

    @property
    def listed(self) -> ListedDossier:
        own = {name: getattr(self.dossier, name) for name in ListedDossier.__dataclass_fields__}
        return ListedDossier(**{**own, "folder": Path(self.dossier.folder).name})

    @property
    def candidate(self) -> Mapping[str, Any] | None:
        """The copy of the prompt under test."""
        prompt = self.dossier.resources.get("prompts", {}).get("candidate", {})
        content: Mapping[str, Any] | None = prompt.get("content")
        return content

    @property
    def scores(self) -> dict[str, ScoreSummary]:
        return {score.scorer: score for score in self.run.summary.scores} if self.run else {}

    @property
    def rules(self) -> dict[str, RuleResult]:
        decision = self.dossier.result.decision
        return {rule.rule: rule for rule in decision.rules} if decision else {}

    @property
    def cost(self) -> RunCost | None:
        decision = self.dossier.result.decision
        summary = self.run.summary if self.run else None
        known = summary or decision
        if known is None:
            return None
        return RunCost(
            cost_usd=known.cost_usd,
            unpriced_samples=known.unpriced_samples,
            samples=summary.samples if summary else None,
            latency_p50_ms=summary.latency_p50_ms if summary else None,
            latency_p95_ms=summary.latency_p95_ms if summary else None,
        )


def compare_dossiers(before: Path, after: Path, register: KeyRegister | None = None) -> DossierDiff:
    """Return what changed; ``DossierError`` for a dossier that cannot be believed."""
    old, new = _Side.read(before, register), _Side.read(after, register)
    prompt, prompt_note = _prompt(old, new)
    comparison, comparison_note = _comparison(old, new)
    flipped = list(_flipped(comparison, new.run)) if comparison else []
    return DossierDiff(
        before=old.listed,
        after=new.listed,
        prompt=prompt,
        scores=tuple(_scores(old, new)),
        rules=tuple(_rules(old, new)),
        comparison=comparison and replace(comparison, baseline_outputs={}),
        flipped=tuple(flipped[:MOST_FLIPPED]),
        flips=len(flipped),
        cost_before=old.cost,
        cost_after=new.cost,
        differences=differences(old.dossier, new.dossier),
        notes=tuple(note for note in (prompt_note, comparison_note) if note),
    )


def _prompt(old: _Side, new: _Side) -> tuple[PromptDiff | None, str]:
    if old.dossier.prompt_digest and old.dossier.prompt_digest == new.dossier.prompt_digest:
        return PromptDiff(before=old.dossier.prompt, after=new.dossier.prompt, changes=()), ""
    for side in (old, new):
        if side.candidate is None:
            name = side.dossier.prompt or "what was tested"
            return None, f"{side.dossier.gate_id} has no copy of {name}: it was not registered."
    first, second = (version_of(side.candidate or {}) for side in (old, new))
    return prompt_diff(first, second), ""


def _comparison(old: _Side, new: _Side) -> tuple[Comparison | None, str]:
    """Pair the cases of both runs; where that cannot be done, say why."""
    for side in (old, new):
        if side.run is None:
            return None, f"{side.dossier.gate_id} holds no eval run to pair cases with."
        if not side.run.samples:
            return None, f"{side.dossier.gate_id} holds no rows of its run: cases are not paired."
    if old.run is None or new.run is None:
        return None, ""
    found = compare(new.run, old.run)
    if not found.common_cases:
        return None, "The runs have no case in common, so nothing is paired."
    return found, ""


def _scores(old: _Side, new: _Side) -> Iterator[ScorePair]:
    before, after = old.scores, new.scores
    for name in dict.fromkeys((*after, *before)):
        known = after.get(name) or before[name]
        yield ScorePair(
            scorer=name,
            before=_estimated(before.get(name)),
            after=_estimated(after.get(name)),
            is_proportion=known.is_proportion,
        )


def _estimated(score: ScoreSummary | None) -> Estimated | None:
    if score is None:
        return None
    return Estimated(mean=score.mean, low=score.low, high=score.high, n=score.n)


def _rules(old: _Side, new: _Side) -> Iterator[RulePair]:
    before, after = old.rules, new.rules
    for name in dict.fromkeys((*after, *before)):
        was, now = before.get(name), after.get(name)
        yield RulePair(
            rule=name,
            before=was.verdict.value if was else "",
            after=now.verdict.value if now else "",
            observed_before=was.observed if was else None,
            observed_after=now.observed if now else None,
        )


def _flipped(comparison: Comparison, run: EvalRun | None) -> Iterator[FlippedCase]:
    """Yield the cases that moved, those that got worse first."""
    answers = {sample.case_id: sample.output for sample in reversed(run.samples if run else ())}
    for is_better in (False, True):
        for score in comparison.differences:
            for case in score.improved if is_better else score.regressed:
                yield FlippedCase(
                    case_id=case,
                    scorer=score.scorer,
                    is_better=is_better,
                    answer_before=_cut(comparison.baseline_outputs.get(case, "")),
                    answer_after=_cut(answers.get(case, "")),
                )


def _cut(answer: str) -> str:
    return answer if len(answer) <= ANSWER_CHARACTERS else answer[: ANSWER_CHARACTERS - 1] + "…"
