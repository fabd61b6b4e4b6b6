"""A review under way: the samples in scope, what was said of them, and the next thing to say.

Every action is in the store before the call returns. A session that is opened again, by anyone,
stands where the review stands: at the first sample that nobody decided on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from llmops_magics.audit.actor import current_actor
from llmops_magics.errors import UsageError
from llmops_magics.evals.review.action import (
    ADD,
    AGREE,
    EXPECT,
    NOTE,
    SKIP,
    WRONG,
    ReviewAction,
    SampleKey,
)
from llmops_magics.evals.review.addition import row_to_add
from llmops_magics.evals.review.log import ReviewLog
from llmops_magics.evals.review.report import (
    MAX_CASES,
    ReviewReport,
    agreements,
    reviewed_case,
)
from llmops_magics.evals.review.selection import Place, Scope, fails, places, score_of
from llmops_magics.evals.review.state import CaseReview, Value, blank_review, fold, reviewers
from llmops_magics.evals.stored import load_run
from llmops_magics.record import format_time, utc_now
from llmops_magics.tracing.writer import read_trace

if TYPE_CHECKING:
    from llmops_magics.evals.run import EvalRun, Sample, Score
    from llmops_magics.storage.store import Store
    from llmops_magics.tracing.trace import Span


class AddRows(Protocol):
    """How rows come into a dataset: ``workspace.datasets.add``."""

    def __call__(self, name: str, source: Any, *, replace: bool = False, message: str = "") -> Any:
        """Add rows and return a record with ``name`` and ``number`` of the version."""
        ...


class ReviewSession:
    """The review of one run. ``add`` puts rows into a dataset; texts are masked if ``redacted``."""

    def __init__(
        self,
        store: Store,
        run: EvalRun,
        scope: Scope,
        *,
        add: AddRows,
        actor: Callable[[], str] = current_actor,
        redacted: bool = True,
    ) -> None:
        self.run = run
        self.scope = scope
        self._store = store
        self._add = add
        self._log = ReviewLog(store, actor=actor, redacted=redacted)
        self._actions: tuple[ReviewAction, ...] = ()
        self._reviews: dict[SampleKey, CaseReview] = {}
        self._unmasked: dict[int, Any] = {}  # by action: expected answers as typed here
        self.refresh()
        self.places: tuple[Place, ...] = places(run, scope, self._reviews)

    @property
    def reviews(self) -> dict[SampleKey, CaseReview]:
        """What was said of each sample that anything was said of."""
        return self._reviews

    def __len__(self) -> int:
        return len(self.places)

    def sample(self, index: int) -> Sample:
        """Return the sample at a place of the scope, counted from 0."""
        return self.run.samples[self.places[index].position]

    def review_of(self, sample: Sample) -> CaseReview:
        """Return what was said of a sample."""
        key = key_of(sample)
        return self._reviews.get(key) or blank_review(key)

    def review_at(self, index: int) -> CaseReview:
        """Return what was said of the sample at a place."""
        key = self.places[index].key
        return self._reviews.get(key) or blank_review(key)

    def first_open(self, start: int = 0) -> int | None:
        """Return the next place that nobody decided on, from ``start`` on and then from 0."""
        order = [*range(start, len(self)), *range(start)]
        return next((i for i in order if self.review_at(i).is_open), None)

    def place_of(self, key: SampleKey) -> int | None:
        """Return where a sample stands in the scope, None if it is not in it."""
        return next((i for i, place in enumerate(self.places) if place.key == key), None)

    def scorer_for(self, sample: Sample) -> str:
        """Return the scorer that a verdict is about unless told: a judge, or one that failed."""
        if self.scope.scorer:
            return self.scope.scorer
        names = [score.scorer for score in sample.scores]
        judges = [name for name in names if name in self.run.judges]
        failed = [name for name in names if fails(sample, name)]
        both = [name for name in judges if name in failed]
        return next(iter([*both, *judges, *failed, *names]), "")

    def agree(self, sample: Sample, scorer: str = "") -> ReviewAction:
        """Say that a scorer is right about a sample."""
        score = self._score(sample, scorer)
        if score.value is None:
            raise UsageError(
                f"{score.scorer} gave no value for {sample.case_id}: there is nothing to agree "
                "with.",
                hint="Say what is right instead.",
            )
        return self._append(sample, AGREE, {"scorer": score.scorer, "value": score.value})

    def wrong(self, sample: Sample, scorer: str = "", *, right: Value = None) -> ReviewAction:
        """Say that a scorer is wrong about a sample, and what is right.

        Of an assertion ``right`` is the opposite unless told.
        """
        score = self._score(sample, scorer)
        if right is None and isinstance(score.value, bool):
            right = not score.value
        check_right(score, right)
        body = {"scorer": score.scorer, "value": score.value, "right": right}
        return self._append(sample, WRONG, body)

    def expect(self, sample: Sample, expected: Any) -> ReviewAction:
        """Say what a case should have expected; ``add`` takes it into a dataset."""
        action = self._append(sample, EXPECT, {"expected": expected})
        self._unmasked[action.id] = expected
        return action

    def note(self, sample: Sample, text: str) -> ReviewAction:
        """Keep a remark on a sample."""
        if not text.strip():
            raise UsageError("A note needs a text.")
        return self._append(sample, NOTE, {"text": text.strip()})

    def skip(self, sample: Sample) -> ReviewAction:
        """Leave a sample undecided; it does not come up again by itself."""
        return self._append(sample, SKIP, {})

    def add(self, sample: Sample, dataset: str = "") -> ReviewAction:
        """Add the case, with its edited expectation if there is one, as a new dataset version."""
        name = dataset or self.default_dataset
        review = self.review_of(sample)
        if review.is_masked and review.edit_id not in self._unmasked:
            raise UsageError(
                f"The expectation of {sample.case_id} was masked when it was stored.",
                hint="Edit it once more, and add the case in the same session.",
            )
        edited = self._unmasked.get(review.edit_id, review.expected)
        row, replace = row_to_add(
            self._store, self.run, sample, name, edited=edited, is_edited=review.is_edited
        )
        message = f"reviewed in {self.run.run_id}"
        made = self._add(name, [row], replace=replace, message=message)
        return self._append(sample, ADD, {"dataset": f"{made.name}@{made.number}"})

    def undo(self) -> ReviewAction | None:
        """Take back this reviewer's last action; a dataset version that it made stays."""
        action = self._log.undo(self.run.run_id)
        self.refresh()
        return action

    @property
    def default_dataset(self) -> str:
        """The dataset that cases go to unless told."""
        return f"{self.run.dataset.partition('@')[0]}-reviewed"

    def spans(self, sample: Sample) -> tuple[Span, ...]:
        """Return the stored spans of a sample's trace."""
        return read_trace(self._store, sample.trace_id) if sample.trace_id else ()

    def refresh(self) -> None:
        """Take in what other sessions wrote meanwhile."""
        last = self._actions[-1].id if self._actions else 0
        new = self._log.actions(self.run.run_id, after=last)
        if new or not self._actions:
            self._actions += new
            self._reviews = fold(self._actions)

    def report(self, *, exported: str = "") -> ReviewReport:
        """Return the state of the review, now."""
        reviews = self._reviews
        seen = [place for place in self.places if place.key in reviews]
        inside = [reviews[place.key] for place in seen]
        return ReviewReport(
            run_id=self.run.run_id,
            prompt=self.run.prompt,
            dataset=self.run.dataset,
            scope=self.scope.words,
            at=format_time(utc_now()),
            selected=len(self),
            done=sum(review.is_done for review in inside),
            skipped=sum(review.is_skipped and not review.is_done for review in inside),
            agreements=agreements(reviews.values()),
            edited=sum(review.is_edited for review in reviews.values()),
            noted=sum(bool(review.notes) for review in reviews.values()),
            added=sum(bool(review.added) for review in reviews.values()),
            reviewers=reviewers(reviews.values()),
            reviewed=sum(review.is_done for review in reviews.values()),
            cases=tuple(
                reviewed_case(self.run.samples[place.position], reviews[place.key])
                for place in seen[:MAX_CASES]
            ),
            exported=exported,
            session=self,
        )

    def _append(self, sample: Sample, action: str, body: dict[str, Any]) -> ReviewAction:
        made = self._log.append(self.run.run_id, key_of(sample), action, body)
        self.refresh()
        return made

    def _score(self, sample: Sample, scorer: str) -> Score:
        name = scorer or self.scorer_for(sample)
        score = score_of(sample, name)
        if score is None:
            raise UsageError(f"{sample.case_id} has no score of {name or 'any scorer'}.")
        return score


def check_right(score: Score, right: Value) -> None:
    """Raise ``UsageError`` for a verdict that is none, of another kind, or the scorer's own."""
    if right is None or right == "":
        raise UsageError(f"Say what {score.scorer} should have said.")
    if isinstance(score.value, bool) and not isinstance(right, bool):
        raise UsageError(f"{score.scorer} says yes or no, not {right!r:.60}.")
    if right == score.value and isinstance(right, bool) == isinstance(score.value, bool):
        raise UsageError(f"{score.scorer} said {right!r:.60} itself.", hint="Agree with it.")


def key_of(sample: Sample) -> SampleKey:
    """Return what names a sample within its run."""
    return sample.case_id, sample.repeat


def open_review(
    store: Store,
    run: EvalRun | str,
    scope: Scope | None = None,
    *,
    add: AddRows,
    actor: Callable[[], str] = current_actor,
    redacted: bool = True,
) -> ReviewSession:
    """Open, or go on with, the review of a run or of a stored run's id.

    The scope is the failing samples unless told. Raises ``UsageError`` for a run that is not in
    the store, or has nothing in the scope.
    """
    found = load_run(store, run, redacted=redacted) if isinstance(run, str) else run
    session_scope = scope or Scope()
    return ReviewSession(store, found, session_scope, add=add, actor=actor, redacted=redacted)
