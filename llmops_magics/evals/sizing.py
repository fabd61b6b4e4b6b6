"""Find the smallest model that is good enough: quality against cost, and who is not inferior.

Each model's scores are compared with those of one of them, the reference, on the same cases. A
model is not inferior where the whole interval of its difference, in every score, stays above minus
the margin. With k models beside the reference the intervals are those of 1 - 0.05/k (Bonferroni):
that of all models that are worse by the margin one passes is then less probable than 2.5 per cent,
however the cheapest is picked among them. Several scores must all hold, which takes no adjustment
(Berger (1982), Technometrics 24:295-300). Looking again with more cases is looking twice, and
not accounted for: plan the number of cases with ``%llm_power`` instead.

A failed call, or a score that is missing, counts as the worst value of the model that lacks it, and
as the best of the reference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from llmops_magics.errors import UsageError
from llmops_magics.evals.case_score import CaseScore, by_case, case_score, unit_bounds
from llmops_magics.evals.direction import prefers_higher
from llmops_magics.evals.rightsize import (
    INFERIOR,
    NON_INFERIOR,
    OPEN,
    REFERENCE,
    RightSize,
    SizedModel,
    SizeScore,
)
from llmops_magics.evals.run import EvalRun
from llmops_magics.evals.size_verdict import MIN_CASES, decide
from llmops_magics.statistics.estimate import estimate_mean
from llmops_magics.statistics.interval import CONFIDENCE
from llmops_magics.statistics.paired import PairedDifference, are_bools, paired_difference
from llmops_magics.statistics.power import Spread, cases_to_rule_out

MARGIN = 0.02
MOST_CASES = 1_000_000

Value = bool | float
Pairs = Mapping[str, tuple[Value, Value]]


def right_size(
    runs: Sequence[EvalRun], *, margin: float = MARGIN, reference: str = ""
) -> RightSize:
    """Compare runs of one prompt on one dataset, one a model.

    ``reference`` is a model among them; left out, the dearest a case. ``margin`` is in each
    score's own unit. Raises ``UsageError`` for fewer than two models, a model twice, a margin that
    is not above 0, an unknown reference, and where none is given while a price is unknown.
    """
    check_sizing([run.model for run in runs], margin)
    first = _reference(runs, reference)
    confidence = 1 - (1 - CONFIDENCE) / (len(runs) - 1)
    sizing = _Sizing(first, margin, confidence)
    models = sorted((sizing.model(run) for run in runs), key=_cost_key)
    verdict, chosen, reason = decide(models, first.model, margin)
    return RightSize(
        prompt=first.prompt,
        dataset=first.dataset,
        dataset_digest=first.dataset_digest,
        margin=margin,
        confidence=confidence,
        scorers=sizing.scorers,
        reference=first.model,
        models=tuple(models),
        verdict=verdict,
        chosen=chosen,
        reason=reason,
        spent_usd=sum((run.summary.spent_usd for run in runs), Decimal(0)),
    )


def check_sizing(models: Sequence[str], margin: float) -> None:
    """Refuse fewer than two models, one that stands there twice, and a margin that is none."""
    if len(models) < 2 or len(set(models)) < len(models):
        raise UsageError("Right-sizing takes two models or more, each once.")
    if not 0 < margin < float("inf"):
        raise UsageError(f"margin is {margin}.", hint="Give a number above 0, such as 0.02.")


def _reference(runs: Sequence[EvalRun], named: str) -> EvalRun:
    if named:
        found = [run for run in runs if run.model == named]
        if not found:
            raise UsageError(
                f"The reference {named!r} is none of the models.",
                hint=f"They are {', '.join(run.model for run in runs)}.",
            )
        return found[0]
    unpriced = [run.model for run in runs if run.summary.unpriced_samples]
    if unpriced:
        raise UsageError(
            f"The price of {', '.join(unpriced)} is unknown, so nobody knows which is the dearest.",
            hint="Name the model to hold the others against with --reference, or give prices "
            "under [prices] in llmops.toml.",
        )
    return max(runs, key=lambda run: run.summary.cost_usd / max(1, run.summary.cases))


class _Sizing:
    """The comparisons with one reference."""

    def __init__(self, reference: EvalRun, margin: float, confidence: float) -> None:
        self._reference = reference
        self._cases = by_case(reference.samples)
        self._margin = margin
        self._confidence = confidence
        self.scorers = tuple(
            summary.scorer
            for summary in reference.summary.scores
            if not any(case_score(own, summary.scorer).is_label for own in self._cases.values())
        )

    def model(self, run: EvalRun) -> SizedModel:
        scores = tuple(self._score(run, scorer) for scorer in self.scorers)
        summary = run.summary
        is_priced = bool(summary.cases) and not summary.unpriced_samples
        low, high = _cost_ends(run) if is_priced else (None, None)
        return SizedModel(
            model=run.model,
            run_id=run.run_id,
            cases=summary.cases,
            errors=summary.errors,
            scores=scores,
            cost_per_case_usd=summary.cost_usd / summary.cases if is_priced else None,
            cost_low_usd=low,
            cost_high_usd=high,
            unpriced_samples=summary.unpriced_samples,
            latency_p50_ms=summary.latency_p50_ms,
            latency_p95_ms=summary.latency_p95_ms,
            verdict=_all(scores) if run is not self._reference else REFERENCE,
        )

    def _score(self, run: EvalRun, scorer: str) -> SizeScore:
        found = next((s for s in run.summary.scores if s.scorer == scorer), None)
        own = SizeScore(
            scorer=scorer,
            is_proportion=bool(found and found.is_proportion),
            mean=found.mean if found else None,
            low=found.low if found else None,
            high=found.high if found else None,
            n=found.n if found else 0,
            missing=found.missing if found else run.summary.cases,
        )
        return own if run is self._reference else self._against(own, run)

    def _against(self, own: SizeScore, run: EvalRun) -> SizeScore:
        pairs, groups, is_held = self._pairs(run, own.scorer)
        higher = prefers_higher(own.scorer, is_assertion=own.is_proportion)
        sides = list(zip(*pairs.values(), strict=True)) or [(), ()]
        values = [float(value) for side in sides for value in side]
        bounds = unit_bounds(values) or ((min(values), max(values)) if values else None)
        found = paired_difference(sides[0], sides[1], bounds, self._confidence, groups)
        ends = found.interval
        verdict = _verdict(found, self._margin, higher=higher)
        if not is_held and verdict == NON_INFERIOR:
            verdict = OPEN  # what is missing has no worst value
        return replace(
            own,
            difference=found.difference,
            difference_low=ends.low if ends else None,
            difference_high=ends.high if ends else None,
            verdict=verdict,
            more_cases=self._more(found, pairs, higher=higher) if verdict == OPEN else None,
        )

    def _pairs(self, run: EvalRun, scorer: str) -> tuple[Pairs, list[str], bool]:
        """Return both values by case, the cases' groups, and whether no case had to be left out.

        Of a score between 0 and 1 the worst and the best value stand in for what is missing.
        """
        ours = by_case(run.samples)
        both = {
            case: (case_score(ours[case], scorer), case_score(theirs, scorer))
            for case, theirs in self._cases.items()
            if case in ours
        }
        seen = [
            s.value for pair in both.values() for s in pair if isinstance(s.value, bool | float)
        ]
        is_bool = bool(seen) and all(isinstance(value, bool) for value in seen)
        higher = prefers_higher(scorer, is_assertion=is_bool)
        best: Value = higher if is_bool else float(higher)
        worst: Value = not higher if is_bool else float(not higher)
        is_unit = unit_bounds([float(value) for value in seen]) is not None
        pairs, left_out = {}, 0
        for case, (one, other) in both.items():
            if is_unit and (one.lacks or other.lacks):
                pairs[case] = (_or(one, worst), _or(other, best))
            elif one.lacks or other.lacks:
                left_out += 1
            elif isinstance(one.value, bool | float) and isinstance(other.value, bool | float):
                pairs[case] = (one.value, other.value)
        return pairs, [self._cases[case][0].group for case in pairs], not left_out

    def _more(
        self,
        found: PairedDifference,
        pairs: Pairs,
        *,
        higher: bool,
    ) -> int | None:
        """Return how many more cases rule the margin out, if difference and spread stay as seen."""
        if found.difference is None or found.n < 2:
            return None
        gained = found.difference if higher else -found.difference
        room = self._margin + min(0.0, gained)
        if room <= 0:
            return None
        is_bools = are_bools(list(pairs.values()))
        flips = sum(one != other for one, other in pairs.values())
        error = (found.standard_error or 0.0) * found.n**0.5
        size = max(flips, 1) / found.n if is_bools else error
        if not size > 0:
            return None
        spread = Spread(size=size, is_proportion=is_bools)
        needed = cases_to_rule_out(room, spread, error=(1 - self._confidence) / 2)
        return max(1, needed - found.n) if needed <= MOST_CASES else None


def _or(score: CaseScore, stand_in: Value) -> Value:
    """Return the value of a score that lacks nothing, else what stands in for it."""
    return stand_in if score.lacks or score.value is None else score.value


def _verdict(found: PairedDifference, margin: float, *, higher: bool) -> str:
    if found.interval is None or found.n < MIN_CASES:
        return OPEN
    low, high = found.interval.low, found.interval.high
    if not higher:
        low, high = -high, -low
    if low > -margin:
        return NON_INFERIOR
    return INFERIOR if high < -margin else OPEN


def _cost_ends(run: EvalRun) -> tuple[float | None, float | None]:
    """Return the 95% interval of what a case costs, its repeats added up."""
    costs = [
        float(sum((s.cost_usd or Decimal(0) for s in own), Decimal(0)))
        for own in by_case(run.samples).values()
    ]
    found = estimate_mean(costs).interval
    return (found.low, found.high) if found else (None, None)


def _all(scores: Sequence[SizeScore]) -> str:
    verdicts = {score.verdict for score in scores}
    if INFERIOR in verdicts:
        return INFERIOR
    return NON_INFERIOR if verdicts == {NON_INFERIOR} else OPEN


def _cost_key(model: SizedModel) -> tuple[bool, Decimal]:
    return model.cost_per_case_usd is None, model.cost_per_case_usd or Decimal(0)
