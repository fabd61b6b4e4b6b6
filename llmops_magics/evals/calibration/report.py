"""From verdicts and labels to the report: pure, once everything is judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from llmops_magics.evals.calibration.agreement import agreement, confusion, share
from llmops_magics.evals.calibration.bias import length_bias, position_bias
from llmops_magics.evals.calibration.judging import JudgingPlan, Verdicts
from llmops_magics.evals.calibration.label import BETTER, TIE, WORSE, YES, Labels
from llmops_magics.evals.calibration.licence import decide
from llmops_magics.evals.calibration.predictor import constant, longer_answer, word_overlap
from llmops_magics.evals.calibration.record import (
    Consistency,
    Disagreement,
    LengthBias,
    PositionBias,
    Predictor,
    Requirements,
)
from llmops_magics.evals.group import group_of
from llmops_magics.evals.run import Score
from llmops_magics.evals.scorers.contract import ScorerContext
from llmops_magics.evals.scorers.text import shorten
from llmops_magics.redaction import redact

MAX_DISAGREEMENTS = 200
RANK = {BETTER: 1.0, TIE: 0.5, WORSE: 0.0}
OF_VERDICT, OF_ERROR = "a yes", "an error"


@dataclass(frozen=True, kw_only=True)
class _Judged:
    """A labelled case with its first verdict."""

    context: ScorerContext
    score: Score
    human: str
    judged: str


def findings(
    plan: JudgingPlan, labels: Labels, verdicts: Verdicts, requirements: Requirements
) -> dict[str, Any]:
    """Return the fields of a ``Calibration`` that follow from verdicts and labels."""
    firsts = {context.case_id: verdicts[context.case_id, 0] for context in plan.contexts}
    judged = [
        _Judged(
            context=context,
            score=score,
            human=labels.by_case[context.case_id],
            judged=labels.class_of(score.value),
        )
        for context in plan.contexts
        if (score := firsts[context.case_id]).value is not None
    ]
    pairs = [(each.human, each.judged) for each in judged]
    classes = labels.classes([each.judged for each in judged])
    absent = [score for score in firsts.values() if score.value is None]
    missing = [score for score in absent if score.applicable]
    applicable = len(plan.contexts) - (len(absent) - len(missing))
    groups = [group_of(each.context.case) if each.context.case else "" for each in judged]
    found = agreement(pairs, groups)
    predictors = _predictors(plan, labels, judged, groups)
    return {
        "threshold": labels.threshold if _is_cut(labels, judged) else None,
        "classes": classes,
        "labels": len(plan.contexts),
        "judged": len(judged),
        "missing": len(missing),
        "not_applicable": len(absent) - len(missing),
        "unlabelled": labels.unlabelled,
        "agreement": found,
        "confusion": confusion(pairs, classes),
        "predictors": predictors,
        "consistency": _consistency(plan, labels, verdicts),
        "position": _position(plan, judged, groups),
        "length": _length(labels, judged),
        "disagreements": _disagreements(judged),
        "missing_reasons": dict(Counter(shorten(redact(s.reason)) for s in missing)),
        "decision": decide(pairs, found, predictors, labels=applicable, requirements=requirements),
    }


def _position(
    plan: JudgingPlan, judged: Sequence[_Judged], groups: Sequence[str]
) -> PositionBias | None:
    if "baseline" not in plan.scorer.needs:
        return None
    return position_bias([each.score for each in judged], groups)


def _is_cut(labels: Labels, judged: Sequence[_Judged]) -> bool:
    """Tell whether scores that are numbers were made verdicts by the threshold."""
    return not labels.is_preference and any(
        not isinstance(each.score.value, bool | str) for each in judged
    )


def _predictors(
    plan: JudgingPlan, labels: Labels, judged: Sequence[_Judged], groups: Sequence[str]
) -> tuple[Predictor, ...]:
    if not judged:
        return ()
    human = [each.human for each in judged]
    contexts = [each.context for each in judged]
    always = constant(human, groups)
    if labels.is_preference:
        return (always, longer_answer(human, contexts, groups))
    if labels.is_ordered:
        return (always, word_overlap(human, contexts, plan.scorer.needs, groups))
    return (always,)


def _consistency(plan: JudgingPlan, labels: Labels, verdicts: Verdicts) -> Consistency | None:
    if plan.repeats < 2:
        return None
    flipped: list[bool] = []
    rates: list[float] = []
    for context in plan.contexts:
        scores = [verdicts[context.case_id, repeat] for repeat in range(plan.repeats)]
        said = [labels.class_of(s.value) for s in scores if s.value is not None]
        if len(said) < 2:
            continue
        flipped.append(len(set(said)) > 1)
        alike = [one == other for one, other in combinations(said, 2)]
        rates.append(sum(alike) / len(alike))
    return Consistency(
        repeats=plan.repeats,
        flipped=share(flipped),
        agreement=sum(rates) / len(rates) if rates else None,
    )


def _length(labels: Labels, judged: Sequence[_Judged]) -> LengthBias | None:
    lengths = [len(each.context.output) for each in judged]
    if labels.is_preference:
        pairs = zip(lengths, judged, strict=True)
        lengths = [n - len(each.context.baseline_output or "") for n, each in pairs]
        verdicts = [RANK.get(each.judged, 0.5) for each in judged]
    elif labels.is_ordered:
        verdicts = [float(each.judged == YES) for each in judged]
    else:
        errors = [float(each.judged != each.human) for each in judged]
        return length_bias(lengths, errors, [""] * len(judged), OF_ERROR)
    of = "a preference" if labels.is_preference else OF_VERDICT
    return length_bias(lengths, verdicts, [each.human for each in judged], of)


def _disagreements(judged: Sequence[_Judged]) -> tuple[Disagreement, ...]:
    differing = [each for each in judged if each.human != each.judged]
    return tuple(
        Disagreement(
            case_id=each.context.case_id,
            human=each.human,
            judged=each.judged,
            reason=redact(each.score.reason),
        )
        for each in differing[:MAX_DISAGREEMENTS]
    )
