"""What a gate decides on: a run, or one retriever of a check whose index still stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_magics.errors import RetrievalError, UsageError
from llmops_magics.evals.redteam.report import RedteamReport
from llmops_magics.evals.retrieval.record import RetrievalReport
from llmops_magics.evals.run import EvalRun
from llmops_magics.release.gate.evidence import Evidence, results_of
from llmops_magics.release.gate.result import RuleResult, Verdict

if TYPE_CHECKING:
    from llmops_magics.workbench.indexes import Indexes


@dataclass(frozen=True, kw_only=True)
class Grounds:
    """The ``run`` that rules are about, the index behind it, and what else has to hold."""

    run: EvalRun
    index_fingerprint: str
    further: tuple[RuleResult, ...]


def grounds_of(
    measured: EvalRun | RetrievalReport | RedteamReport,
    retriever: str,
    evidence: Sequence[Evidence],
    indexes: Indexes,
    index_fingerprint: str = "",
) -> Grounds:
    """Return what to decide on; ``indexes`` are those that corpora have now.

    ``index_fingerprint`` names the index that gave a run's cases their context.

    Raises ``UsageError`` where it is not said which of several retrievers is meant.
    """
    if isinstance(measured, RedteamReport):
        evidence, measured = (measured, *evidence), measured.run
    if isinstance(measured, EvalRun):
        if retriever:
            raise UsageError("An eval run has no retriever.", hint="Leave retriever=… out.")
        moved = _moved(index_fingerprint, (each.fingerprint for each in indexes.list().indexes))
        further = (*results_of(evidence), *(moved if index_fingerprint else ()))
        return Grounds(run=measured, index_fingerprint=index_fingerprint, further=further)
    return Grounds(
        run=measured.run(retriever or _only(measured)),
        index_fingerprint=measured.index_fingerprint,
        further=(
            *results_of((measured, *evidence)),
            *_moved(measured.index_fingerprint, _fingerprint(indexes, measured.corpus)),
        ),
    )


def _only(report: RetrievalReport) -> str:
    names = [row.retriever for row in report.rows if not row.is_baseline]
    if len(names) > 1:
        raise UsageError(
            f"The check measured {', '.join(names)}, and the rules are about one.",
            hint=f"Say which: gate(report, rules, retriever={names[-1]!r}).",
        )
    return names[0]


def _fingerprint(indexes: Indexes, corpus: str) -> tuple[str, ...]:
    try:
        return (indexes.manifest(corpus).fingerprint,)
    except RetrievalError:  # dropped since
        return ()


def _moved(then: str, now: Iterable[str]) -> tuple[RuleResult, ...]:
    """Return a result where the index that was used is in use no more."""
    if then in now:
        return ()
    return (
        RuleResult(
            rule="the index that answered is in use",
            verdict=Verdict.INCONCLUSIVE,
            reason=f"{then[:19]} was built again, reverted or dropped since: run it again.",
        ),
    )
