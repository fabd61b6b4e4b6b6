"""Labels that people gave in reviews, as cases that a judge can be calibrated with.

A labelled case has what the judge saw as inputs: the columns of the case it was asked about, the
answer as ``output``, what a target retrieved as ``context`` (unless the case has a column of that
name), and the person's verdict as ``label``. Its ``expected`` is the reviewer's
where that was edited, since the verdict goes with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from llmops_magics.datasets.case import GROUP, MAX_ID_CHARS, Case
from llmops_magics.errors import UsageError
from llmops_magics.evals.review.log import ReviewLog
from llmops_magics.evals.review.state import CaseReview, Verdict, fold
from llmops_magics.evals.stored import load_run
from llmops_magics.record import digest

if TYPE_CHECKING:
    from llmops_magics.evals.run import EvalRun, Sample
    from llmops_magics.storage.store import Store

OUTPUT, LABEL, CONTEXT = "output", "label", "context"
_DIGEST_CHARS = 12


def labels_of(store: Store, run_ids: Sequence[str], scorer: str) -> list[Case]:
    """Return the samples of finished runs that a person gave a verdict on, for one scorer.

    ``metadata`` says where each comes from, what the scorer had said (``judged``), who labelled
    it and when, and the case as its ``group``: answers to one case are not independent. A label
    of None (nobody can say) is left out. Raises ``UsageError`` for a run that is not there.
    """
    log = ReviewLog(store)
    found: list[Case] = []
    for run_id in dict.fromkeys(run_ids):
        reviews = fold(log.actions(run_id))
        run = load_run(store, run_id, redacted=False)
        found += _labelled(run, reviews, scorer)
    return found


def reviewed_scorers(store: Store, run_id: str) -> tuple[str, ...]:
    """Return the scorers of a run that have verdicts, the one with most of them first."""
    counts: dict[str, int] = {}
    for review in fold(ReviewLog(store).actions(run_id)).values():
        for verdict in review.verdicts:
            counts[verdict.scorer] = counts.get(verdict.scorer, 0) + 1
    return tuple(sorted(counts, key=lambda name: (-counts[name], name)))


def _labelled(
    run: EvalRun, reviews: dict[tuple[str, int], CaseReview], scorer: str
) -> Iterator[Case]:
    for sample in run.samples:
        review = reviews.get((sample.case_id, sample.repeat))
        verdict = review.verdict(scorer) if review else None
        if review is not None and verdict is not None and verdict.right is not None:
            yield _case(run, sample, review, verdict)


def _case(run: EvalRun, sample: Sample, review: CaseReview, verdict: Verdict) -> Case:
    return Case(
        id=_id(run.run_id, sample, verdict.scorer),
        inputs={
            **({CONTEXT: sample.context} if sample.context else {}),
            **{_free(name): value for name, value in sample.inputs.items()},
            OUTPUT: sample.output,
            LABEL: verdict.right,
        },
        expected=review.expected if review.is_edited else sample.expected,
        tags=sample.tags,
        metadata={
            GROUP: sample.group or sample.case_id,
            "run": run.run_id,
            "case": sample.case_id,
            "repeat": sample.repeat,
            "scorer": verdict.scorer,
            "judged": verdict.value,
            "by": verdict.by,
            "at": verdict.at,
        },
    )


def _free(name: str) -> str:
    """Keep a case's own column out of the way of ours."""
    return f"input_{name}" if name in (OUTPUT, LABEL) else name


def _id(run_id: str, sample: Sample, scorer: str) -> str:
    """Return an id that the same verdict has again; a long one ends in its digest."""
    written = f"{run_id}/{sample.case_id}#{sample.repeat + 1}/{scorer}"
    if len(written) <= MAX_ID_CHARS:
        return written
    mark = digest(written).partition(":")[2][:_DIGEST_CHARS]
    return f"{written[: MAX_ID_CHARS - _DIGEST_CHARS - 1]}-{mark}"


def refuse_no_labels(cases: Sequence[Case], scorer: str, runs: Sequence[str]) -> None:
    """Raise ``UsageError`` where nobody gave a verdict."""
    if not cases:
        raise UsageError(
            f"Nobody has given a verdict on {scorer or 'any scorer'} in {', '.join(runs)}.",
            hint="Agree with it, or say that it is wrong, in a review first.",
        )
