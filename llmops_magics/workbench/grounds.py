"""What a gate decides on: a run, or one retriever of a check whose index still stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_magics.errors import RetrievalError, UsageError
from llmops_magics.evals.retrieval.record import RetrievalReport
from llmops_magics.evals.run import EvalRun
from llmops_magics.release.evidence import Evidence, results_of
from llmops_magics.release.result import RuleResult, Verdict

if TYPE_CHECKING:
    from llmops_magics.retrieval.index.manifest import IndexManifest


@dataclass(frozen=True, kw_only=True)
class Grounds:
    """The ``run`` that rules are about, the index behind it, and what else has to hold."""

    run: EvalRun
    index_fingerprint: str
    further: tuple[RuleResult, ...]


def grounds_of(
    measured: EvalRun | RetrievalReport,
    retriever: str,
    evidence: Sequence[Evidence],
    manifest_of: Callable[[str], IndexManifest],
) -> Grounds:
    """Return what to decide on; ``manifest_of`` gives the index that a corpus has now.

    Raises ``UsageError`` where it is not said which of several retrievers is meant.
    """
    if isinstance(measured, EvalRun):
        if retriever:
            raise UsageError("An eval run has no retriever.", hint="Leave retriever=… out.")
        return Grounds(run=measured, index_fingerprint="", further=results_of(evidence))
    return Grounds(
        run=measured.run(retriever or _only(measured)),
        index_fingerprint=measured.index_fingerprint,
        further=(*results_of((measured, *evidence)), *_moved(measured, manifest_of)),
    )


def _only(report: RetrievalReport) -> str:
    names = [row.retriever for row in report.rows if not row.is_baseline]
    if len(names) > 1:
        raise UsageError(
            f"The check measured {', '.join(names)}, and the rules are about one.",
            hint=f"Say which: gate(report, rules, retriever={names[-1]!r}).",
        )
    return names[0]


def _moved(
    report: RetrievalReport, manifest_of: Callable[[str], IndexManifest]
) -> tuple[RuleResult, ...]:
    """Return a result where the index is no longer the one that was measured."""
    try:
        now = manifest_of(report.corpus).fingerprint
    except RetrievalError:
        now = ""
    if now == report.index_fingerprint:
        return ()
    return (
        RuleResult(
            rule=f"{report.corpus}: the index that was measured",
            verdict=Verdict.INCONCLUSIVE,
            reason="The index was built again or dropped since: check it again.",
        ),
    )
