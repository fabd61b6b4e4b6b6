"""What a red team run adds up to: how often attacks succeeded, by family, and which ones did.

The unit is the attack: one that succeeded in any of its repeats succeeded. Attacks of one template
are alike, so where a family has several of one the interval is clustered by template.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar, Final

from llmops_magics.evals.case_score import each_case
from llmops_magics.evals.redteam.inputs import UNKNOWN
from llmops_magics.evals.run import Comparison, EvalRun, Sample, Score
from llmops_magics.guard.redteam.delivery import NO_DOCUMENT
from llmops_magics.guard.redteam.family import families
from llmops_magics.guard.redteam.suite import Suite
from llmops_magics.record import Record, canonical_json
from llmops_magics.statistics.estimate import estimate_mean

SCORER: Final = "resisted"
SUCCEEDED, UNDECIDED, RESISTED = "succeeded", "undecided", "resisted"
MOST_ATTACKS: Final = 1_000  # that a report names; the run has all
EXCERPT: Final = 1_500  # characters


@dataclass(frozen=True, kw_only=True)
class FamilyResult:
    """How often the attacks of a family succeeded; ``undecided`` ones are in no rate.

    ``rate`` is None where none was decided; ``low`` and ``high`` bound its 95% interval by
    ``method``. ``difference`` is the change against the baseline on the attacks decided in both
    runs; with repeats an attack counts there by the share of them that succeeded.
    """

    family: str
    title: str
    risks: tuple[str, ...]
    attacks: int
    succeeded: int
    undecided: int
    rate: float | None
    low: float | None
    high: float | None
    method: str
    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None
    verdict: str = ""  # against the baseline: better, worse, within noise, not measured


@dataclass(frozen=True, kw_only=True)
class AttackResult:
    """One attack that succeeded, or of which it cannot be told; texts are cut."""

    case_id: str
    family: str
    outcome: str
    reason: str
    sent: str
    answered: str
    trace_id: str = ""


@dataclass(frozen=True, kw_only=True)
class RedteamReport(Record):
    """A red team run on one target. ``run`` is the eval run behind it, with every answer.

    ``attacks`` are those that succeeded, then the undecided. ``left_out`` says why a family of the
    suite was not tried. ``suite_digest`` is that of the attacks, ``dataset_digest`` that of what
    was sent, in the names of this target's inputs.
    """

    kind: ClassVar[str] = "redteam-report"

    run_id: str
    target: str
    model: str
    suite: str
    suite_version: str
    suite_digest: str
    seed: int | None
    dataset: str
    dataset_digest: str
    total: FamilyResult
    families: tuple[FamilyResult, ...]
    attacks: tuple[AttackResult, ...]
    left_out: dict[str, str] = field(default_factory=dict)
    baseline_run_id: str = ""
    baseline: str = ""
    compared: int = 0  # attacks that both runs have, word for word
    repeats: int = 1
    cost_usd: Decimal = Decimal(0)
    unpriced_samples: int = 0
    run: EvalRun = field(repr=False, metadata={"stored": False})

    def of(self, family: str) -> FamilyResult | None:
        """Return the result of a family, None where it was not tried."""
        return next((each for each in self.families if each.family == family), None)

    def to_pandas(self) -> Any:
        """Return one row a family."""
        import pandas as pd

        return pd.DataFrame([{**vars(each), "risks": ", ".join(each.risks)} for each in self._rows])

    @property
    def _rows(self) -> tuple[FamilyResult, ...]:
        return (*self.families, self.total)


def report_of(run: EvalRun, suite: Suite | None = None) -> RedteamReport:
    """Return what a run of attacks adds up to; a comparison that it carries is by family too."""
    cases = [_Case.of(samples) for samples in each_case(run.samples)]
    attacks = [case for case in cases if case is not None]
    by_family: dict[str, list[_Case]] = {}
    for each in attacks:
        by_family.setdefault(each.family, []).append(each)
    results = [_result(name, own, run.comparison, by_family) for name, own in by_family.items()]
    bad = [case for case in attacks if case.outcome != RESISTED]
    bad.sort(key=lambda case: case.outcome != SUCCEEDED)
    comparison = run.comparison
    return RedteamReport(
        run_id=run.run_id,
        target=run.prompt,
        model=run.model,
        suite=suite.name if suite else run.dataset,
        suite_version=suite.version if suite else "",
        suite_digest=suite.digest if suite else "",
        seed=suite.seed if suite else None,
        dataset=run.dataset,
        dataset_digest=run.dataset_digest,
        total=_total(attacks, comparison),
        families=tuple(sorted(results, key=_worst_first)),
        attacks=tuple(case.shown() for case in bad[:MOST_ATTACKS]),
        left_out=dict(suite.left_out or {}) if suite else {},
        baseline_run_id=comparison.baseline_run_id if comparison else "",
        baseline=comparison.baseline_prompt if comparison else "",
        compared=comparison.common_cases if comparison else 0,
        repeats=run.repeats,
        cost_usd=run.summary.cost_usd,
        unpriced_samples=run.summary.unpriced_samples,
        run=run,
    )


@dataclass(frozen=True, kw_only=True)
class _Case:
    """The answers to one attack, and what came of it."""

    family: str
    group: str
    outcome: str
    sample: Sample  # the one that decides
    reason: str

    @classmethod
    def of(cls, samples: Sequence[Sample]) -> _Case | None:
        """Read a case; None for one that is no attack."""
        judged = [(sample, _score(sample)) for sample in samples]
        if all(score is not None and not score.applicable for _, score in judged):
            return None
        sample, score = min(judged, key=lambda pair: _rank(pair[1]))
        outcome = (SUCCEEDED, UNDECIDED, RESISTED)[_rank(score)]
        family = sample.tags[0] if sample.tags else "no family"
        reason = sample.error or (score.reason if score else "")
        return cls(family=family, group=sample.group, outcome=outcome, sample=sample, reason=reason)

    def shown(self) -> AttackResult:
        """Return what a report says of it."""
        return AttackResult(
            case_id=self.sample.case_id,
            family=self.family,
            outcome=self.outcome,
            reason=self.reason[:EXCERPT],
            sent=_sent(self.sample.inputs),
            answered=self.sample.output[:EXCERPT],
            trace_id=self.sample.trace_id,
        )


def _rank(score: Score | None) -> int:
    if score is not None and score.value is False:
        return 0
    return 1 if score is None or score.value is None else 2


def _score(sample: Sample) -> Score | None:
    return next((score for score in sample.scores if score.scorer == SCORER), None)


def _sent(inputs: Mapping[str, Any]) -> str:
    """Return what was sent, each input under its name, all cut to one size."""
    texts = {
        name: value if isinstance(value, str) else canonical_json(value).decode()
        for name, value in inputs.items()
        if value not in ("", NO_DOCUMENT, UNKNOWN)
    }
    if len(texts) == 1:
        return next(iter(texts.values()))[:EXCERPT]
    return "\n".join(f"{name}: {text}" for name, text in texts.items())[:EXCERPT]


def _rated(cases: Iterable[_Case]) -> dict[str, Any]:
    """Return the counts, the rate of success and its interval."""
    own = list(cases)
    decided = [case for case in own if case.outcome != UNDECIDED]
    found = estimate_mean(
        [float(case.outcome == SUCCEEDED) for case in decided],
        [case.group for case in decided],
        is_proportion=True,
    )
    interval = found.interval
    return {
        "attacks": len(own),
        "succeeded": sum(case.outcome == SUCCEEDED for case in own),
        "undecided": len(own) - len(decided),
        "rate": found.mean,
        "low": interval.low if interval else None,
        "high": interval.high if interval else None,
        "method": interval.method if interval else "",
    }


def _worst_first(result: FamilyResult) -> tuple[float, int, str]:
    return (-(result.rate or 0.0), -result.undecided, result.family)


def _result(
    name: str, cases: Sequence[_Case], comparison: Comparison | None, tried: Collection[str]
) -> FamilyResult:
    known = families().get(name)
    part = name if len(tried) > 1 else ""  # one family alone is the whole
    return FamilyResult(
        family=name,
        title=known.title if known else name,
        risks=known.risks if known else tuple(cases[0].sample.tags[1:]),
        **_rated(cases),
        **_against(comparison, part),
    )


def _total(cases: Sequence[_Case], comparison: Comparison | None) -> FamilyResult:
    return FamilyResult(
        family="all", title="All families", risks=(), **_rated(cases), **_against(comparison, "")
    )


def _against(comparison: Comparison | None, family: str) -> dict[str, Any]:
    """Return the change of the success rate: what more is resisted, the other way round."""
    found = (
        next((d for d in comparison.differences if d.scorer == SCORER), None)
        if comparison
        else None
    )
    if found is None:
        return {}
    part = next((each for each in found.slices if each.tag == family), None) if family else found
    if part is None or part.difference is None:
        return {"verdict": "not measured"}
    return {
        "difference": -part.difference,
        "difference_low": None if part.high is None else -part.high,
        "difference_high": None if part.low is None else -part.low,
        "verdict": part.verdict,
    }
