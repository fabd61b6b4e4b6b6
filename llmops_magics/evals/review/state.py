"""The state of a review: a fold over its actions, in their order.

Nothing else is stored, so the state can always be made again, and an action that was taken back
leaves no trace in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

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
from llmops_magics.evals.review.log import undone

Value = bool | float | str | None


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a person says of one score: ``value`` is the scorer's, ``right`` the person's.

    ``contested`` is set where another reviewer of the same score said something else; the newest
    verdict counts.
    """

    scorer: str
    value: Value
    right: Value
    by: str
    at: str
    contested: bool = False

    @property
    def agrees(self) -> bool:
        """Tell whether the person says what the scorer said."""
        return self.right == self.value and isinstance(self.right, bool) == isinstance(
            self.value, bool
        )


@dataclass(frozen=True, kw_only=True)
class Note:
    """A remark on a sample."""

    text: str
    by: str
    at: str


@dataclass(frozen=True, kw_only=True)
class CaseReview:
    """All that was said of one sample. ``expected`` counts where ``is_edited`` is set.

    ``edit_id`` is the action that edited it, ``is_masked`` says that a part of it was masked.
    """

    case_id: str
    repeat: int
    verdicts: tuple[Verdict, ...] = ()
    is_edited: bool = False
    expected: Any = None
    edit_id: int = 0
    is_masked: bool = False
    notes: tuple[Note, ...] = ()
    added: tuple[str, ...] = ()  # dataset versions
    is_skipped: bool = False

    @property
    def is_done(self) -> bool:
        """Tell whether somebody decided something; a note alone decides nothing."""
        return bool(self.verdicts) or self.is_edited or bool(self.added)

    @property
    def is_open(self) -> bool:
        """Tell whether it is still to be looked at."""
        return not self.is_done and not self.is_skipped

    def verdict(self, scorer: str) -> Verdict | None:
        """Return the verdict on one scorer."""
        return next((each for each in self.verdicts if each.scorer == scorer), None)


def fold(actions: tuple[ReviewAction, ...]) -> dict[SampleKey, CaseReview]:
    """Return what was said of each sample that anything stands about."""
    gone = undone(actions)
    state: dict[SampleKey, CaseReview] = {}
    for action in actions:
        step = _STEPS.get(action.action)
        if step is not None and action.id not in gone:
            before = state.get(action.key)
            blank = CaseReview(case_id=action.case_id, repeat=action.repeat)
            state[action.key] = step(before or blank, action)
    return state


def blank_review(key: SampleKey) -> CaseReview:
    """Return the review of a sample that nobody looked at."""
    return CaseReview(case_id=key[0], repeat=key[1])


def reviewers(reviews: Iterable[CaseReview]) -> tuple[str, ...]:
    """Return who gave a verdict or a note, sorted."""
    found: set[str] = set()
    for review in reviews:
        found.update(verdict.by for verdict in review.verdicts)
        found.update(note.by for note in review.notes)
    return tuple(sorted(found))


def _judged(review: CaseReview, action: ReviewAction) -> CaseReview:
    body = action.body
    before = review.verdict(body["scorer"])
    right = body["right"] if action.action == WRONG else body["value"]
    differs = before is not None and before.by != action.actor and before.right != right
    made = Verdict(
        scorer=body["scorer"],
        value=body["value"],
        right=right,
        by=action.actor,
        at=action.at,
        contested=differs or (before is not None and before.contested),
    )
    others = tuple(each for each in review.verdicts if each is not before)
    return replace(review, verdicts=(*others, made), is_skipped=False)


def _expected(review: CaseReview, action: ReviewAction) -> CaseReview:
    return replace(
        review,
        is_edited=True,
        expected=action.body["expected"],
        edit_id=action.id,
        is_masked=bool(action.body.get("masked")),
        is_skipped=False,
    )


def _noted(review: CaseReview, action: ReviewAction) -> CaseReview:
    note = Note(text=action.body["text"], by=action.actor, at=action.at)
    return replace(review, notes=(*review.notes, note))


def _added(review: CaseReview, action: ReviewAction) -> CaseReview:
    return replace(review, added=(*review.added, action.body["dataset"]), is_skipped=False)


def _skipped(review: CaseReview, _: ReviewAction) -> CaseReview:
    return replace(review, is_skipped=True)


_STEPS: Mapping[str, Callable[[CaseReview, ReviewAction], CaseReview]] = {
    AGREE: _judged,
    WRONG: _judged,
    EXPECT: _expected,
    NOTE: _noted,
    ADD: _added,
    SKIP: _skipped,
}
