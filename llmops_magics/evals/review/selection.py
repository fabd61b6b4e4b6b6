"""Which samples of a run are to be reviewed: failing, in disagreement, in a slice, or all.

A selection is places in ``run.samples``: a run of 100,000 is never held whole.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from llmops_magics.errors import UsageError
from llmops_magics.evals.review.action import SampleKey
from llmops_magics.evals.review.state import CaseReview
from llmops_magics.evals.run import EvalRun, Sample, Score

FAILING, DISAGREEMENTS, ALL = "failing", "disagreements", "all"
PASSING_NUMBER = 0.5  # from here on, a judge's number between 0 and 1 says yes


class Place(NamedTuple):
    """Where a sample stands in ``run.samples``, and what names it there."""

    position: int
    key: SampleKey


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What a reviewer asked for: one of failing, disagreements and all, or a slice by its tag.

    With ``scorer`` only what that scorer said counts.
    """

    which: str = FAILING
    tag: str = ""
    scorer: str = ""

    @property
    def words(self) -> str:
        """The scope as a reader would say it."""
        what = f"slice {self.tag}" if self.tag else self.which
        return f"{what}, by {self.scorer}" if self.scorer else what


def places(
    run: EvalRun, scope: Scope, reviews: Mapping[SampleKey, CaseReview]
) -> tuple[Place, ...]:
    """Return where the samples of a scope stand in the run, in the run's order.

    A sample that was reviewed already stays in the scope of failing ones. Raises ``UsageError``
    where nothing is in it, or the run has no such scorer.
    """
    _check_scorer(run, scope.scorer)
    chosen = _chooser(run, scope, reviews)
    found = tuple(
        Place(position, (sample.case_id, sample.repeat))
        for position, sample in enumerate(unmasked(run))
        if chosen(sample)
    )
    if not found:
        raise UsageError(
            f"No sample of {run.run_id} is in the scope {scope.words!r}.",
            hint="Widen it: --all takes every sample.",
        )
    return found


def unmasked(run: EvalRun) -> Sequence[Sample]:
    """Return the samples to choose among: masking takes four times as long as reading them.

    Nothing of them is shown: what is shown is read from ``run.samples``.
    """
    bare = getattr(run.samples, "unmasked", None)
    samples: Sequence[Sample] = bare() if bare is not None else run.samples
    return samples


def fails(sample: Sample, scorer: str = "") -> bool:
    """Tell whether a sample failed, by any scorer or by one.

    One scorer fails a sample by False, by a missing score, and by a number below 0.5 between
    0 and 1; a failed call fails by every scorer.
    """
    if not scorer:
        return sample.failed
    score = score_of(sample, scorer)
    if sample.error or score is None:
        return bool(sample.error)
    return vote(score) is False or (score.value is None and score.applicable)


def score_of(sample: Sample, scorer: str) -> Score | None:
    """Return one scorer's score of a sample."""
    return next((score for score in sample.scores if score.scorer == scorer), None)


def vote(score: Score) -> bool | None:
    """Return what a score says if it says yes or no."""
    if isinstance(score.value, bool):
        return score.value
    if isinstance(score.value, int | float) and 0 <= score.value <= 1:
        return score.value >= PASSING_NUMBER
    return None


def disagreements(
    run: EvalRun, reviews: Mapping[SampleKey, CaseReview], scorer: str = ""
) -> frozenset[SampleKey]:
    """Return the samples on which somebody disagrees, with one scorer or with any.

    Scorers disagree where one assertion or judge says yes and another no; repeats where one
    scorer says other things of equal questions; reviewers where one says that a scorer is wrong,
    or another reviewer.
    """
    found: set[SampleKey] = set()
    seen: dict[str, dict[str, set[object]]] = {}
    keys: dict[str, list[SampleKey]] = {}
    for sample in unmasked(run):
        key = (sample.case_id, sample.repeat)
        if _scorers_disagree(sample, run.judges, scorer):
            found.add(key)
        if run.repeats > 1:
            keys.setdefault(sample.case_id, []).append(key)
            _collect(seen.setdefault(sample.case_id, {}), sample, scorer)
    for case_id, values in seen.items():
        if any(len(each) > 1 for each in values.values()):
            found.update(keys[case_id])
    return frozenset(found | {key for key, review in reviews.items() if _disputed(review, scorer)})


def _scorers_disagree(sample: Sample, judges: Collection[str], scorer: str) -> bool:
    votes = {
        score.scorer: said
        for score in sample.scores
        if (isinstance(score.value, bool) or score.scorer in judges)
        and (said := vote(score)) is not None
    }
    if scorer:
        return scorer in votes and any(said != votes[scorer] for said in votes.values())
    return len(set(votes.values())) > 1


def _collect(values: dict[str, set[object]], sample: Sample, scorer: str) -> None:
    for score in sample.scores:
        if scorer in ("", score.scorer) and isinstance(score.value, bool | str):
            values.setdefault(score.scorer, set()).add(score.value)


def _disputed(review: CaseReview, scorer: str) -> bool:
    return any(
        (not verdict.agrees or verdict.contested) and scorer in ("", verdict.scorer)
        for verdict in review.verdicts
    )


def _chooser(
    run: EvalRun, scope: Scope, reviews: Mapping[SampleKey, CaseReview]
) -> Callable[[Sample], bool]:
    if scope.tag:
        return lambda sample: (
            scope.tag in sample.tags
            and (not scope.scorer or score_of(sample, scope.scorer) is not None)
        )
    if scope.which == FAILING:
        return lambda sample: fails(sample, scope.scorer)
    if scope.which == DISAGREEMENTS:
        found = disagreements(run, reviews, scope.scorer)
        return lambda sample: (sample.case_id, sample.repeat) in found
    return lambda sample: not scope.scorer or score_of(sample, scope.scorer) is not None


def _check_scorer(run: EvalRun, scorer: str) -> None:
    known = [summary.scorer for summary in run.summary.scores]
    if scorer and scorer not in known:
        raise UsageError(
            f"{run.run_id} has no scorer {scorer!r}.", hint=f"There are: {', '.join(known)}."
        )
