"""The record of a review: how far it is, how often people and scorers agree, and what was said.

It shows texts in short and the first reviewed samples alone, so that it stays small whatever the
run's size; the store has all of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from llmops_magics.evals.review.state import CaseReview, Value, Verdict
from llmops_magics.record import Record, canonical_json
from llmops_magics.statistics.proportion import wilson_interval

if TYPE_CHECKING:
    import pandas as pd

    from llmops_magics.evals.review.session import ReviewSession
    from llmops_magics.evals.run import Sample

MAX_CASES = 200
SHOWN_CHARS = 400
SHOWN_NOTES = 5


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """One scorer against the people: ``low`` and ``high`` bound the share by Wilson, at 95%.

    ``contested`` counts the samples on which people differ among themselves.
    """

    scorer: str
    n: int
    agreed: int
    low: float | None
    high: float | None
    contested: int


@dataclass(frozen=True, kw_only=True)
class ReviewedCase:
    """One sample that was looked at; texts are cut to the first few hundred characters."""

    case_id: str
    repeat: int
    input: str
    answer: str
    verdicts: tuple[Verdict, ...]
    expected: str  # as edited, as JSON unless it is a text; empty where it was not edited
    notes: tuple[str, ...]
    added: tuple[str, ...]
    is_skipped: bool


@dataclass(frozen=True, kw_only=True)
class ReviewReport(Record):
    """The state of a review at a moment; ``session`` goes on with it, and is not stored."""

    kind: ClassVar[str] = "review"

    run_id: str
    prompt: str
    dataset: str
    scope: str
    at: str
    selected: int  # samples in the scope
    done: int  # of them
    skipped: int
    agreements: tuple[Agreement, ...]
    edited: int
    noted: int
    added: int
    reviewers: tuple[str, ...]
    reviewed: int  # of the run, in the scope or not
    cases: tuple[ReviewedCase, ...]  # at most 200 of them
    exported: str = ""  # the dataset version that labels went to
    session: ReviewSession | None = field(
        default=None, repr=False, compare=False, metadata={"stored": False}
    )

    @property
    def open(self) -> int:
        """How many samples of the scope nobody has decided on or skipped."""
        return self.selected - self.done - self.skipped

    def to_pandas(self) -> pd.DataFrame:
        """Return one row a verdict: the sample, the scorer, what it said and what is right."""
        import pandas as pd

        rows = [
            {
                "case_id": case.case_id,
                "repeat": case.repeat,
                "scorer": verdict.scorer,
                "judged": verdict.value,
                "right": verdict.right,
                "agrees": verdict.agrees,
                "by": verdict.by,
                "at": verdict.at,
            }
            for case in self.cases
            for verdict in case.verdicts
        ]
        return pd.DataFrame(rows)


def agreements(reviews: Iterable[CaseReview]) -> tuple[Agreement, ...]:
    """Count, for each scorer that has verdicts, how often people agree with it."""
    verdicts: dict[str, list[Verdict]] = {}
    for review in reviews:
        for verdict in review.verdicts:
            verdicts.setdefault(verdict.scorer, []).append(verdict)
    return tuple(_agreement(scorer, given) for scorer, given in sorted(verdicts.items()))


def reviewed_case(sample: Sample, review: CaseReview) -> ReviewedCase:
    """Return what is shown of one reviewed sample."""
    return ReviewedCase(
        case_id=review.case_id,
        repeat=review.repeat,
        input=short(" · ".join(in_words(value) for value in sample.inputs.values())),
        answer=short(sample.error or sample.output),
        verdicts=tuple(map(_short_verdict, review.verdicts)),
        expected=short(in_words(review.expected)) if review.is_edited else "",
        notes=tuple(short(note.text) for note in review.notes[-SHOWN_NOTES:]),
        added=review.added,
        is_skipped=review.is_skipped,
    )


def in_words(value: Any) -> str:
    """Return a text as it is, and any other value as JSON."""
    return value if isinstance(value, str) else canonical_json(value).decode()


def short(text: str) -> str:
    """Return the first characters of a text."""
    return text if len(text) <= SHOWN_CHARS else text[: SHOWN_CHARS - 1] + "…"


def _agreement(scorer: str, given: Sequence[Verdict]) -> Agreement:
    agreed = sum(verdict.agrees for verdict in given)
    bounds = wilson_interval(agreed, len(given))
    return Agreement(
        scorer=scorer,
        n=len(given),
        agreed=agreed,
        low=bounds.low if bounds else None,
        high=bounds.high if bounds else None,
        contested=sum(verdict.contested for verdict in given),
    )


def _short_verdict(verdict: Verdict) -> Verdict:
    return replace(verdict, value=_short(verdict.value), right=_short(verdict.right))


def _short(value: Value) -> Value:
    return short(value) if isinstance(value, str) else value
