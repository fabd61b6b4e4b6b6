"""What else decides a release beside an eval: the state of an index, and who gets what from it.

Each further record becomes results of its own; a gate's verdict is the worst of all of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from llmops_magics.errors import UsageError
from llmops_magics.evals.redteam.report import RedteamReport
from llmops_magics.evals.retrieval.record import RetrievalReport
from llmops_magics.guard.catalogue import DetectorList
from llmops_magics.guard.survey.report import ScanReport
from llmops_magics.release.gate.guard_evidence import of_detectors, of_redteam, of_scan
from llmops_magics.release.gate.result import RuleResult, Verdict
from llmops_magics.release.sentinel import UNCHANGED, WORSE, DriftReport
from llmops_magics.retrieval.canary import AccessCheck
from llmops_magics.retrieval.index.status import IndexStatus

Evidence: TypeAlias = (
    "IndexStatus | AccessCheck | RetrievalReport | RedteamReport | ScanReport | DetectorList "
    "| DriftReport"
)


def results_of(evidence: Iterable[Evidence]) -> tuple[RuleResult, ...]:
    """Return what each record says as results of a gate.

    Of an index's status these are its rules, of an access check that nothing leaked. A retrieval
    check has a result only where its figures decide nothing. What a red team, a scan and a list of
    detectors say stands in ``release.gate.guard_evidence``. Raises ``UsageError`` for a status
    without a rule, and for what is none of these.
    """
    return tuple(result for record in evidence for result in _results(record))


def _results(record: Evidence) -> tuple[RuleResult, ...]:
    if isinstance(record, IndexStatus):
        return _of_status(record)
    if isinstance(record, AccessCheck):
        return (_of_access(record),)
    if isinstance(record, RetrievalReport):
        return _of_report(record)
    if isinstance(record, RedteamReport):
        return (of_redteam(record),)
    if isinstance(record, ScanReport):
        return (of_scan(record),)
    if isinstance(record, DetectorList):
        return (of_detectors(record),)
    if isinstance(record, DriftReport):
        return (_of_drift(record),)
    raise UsageError(
        f"A {type(record).__name__} is no evidence for a gate.",
        hint="Give index statuses with rules, checks of access or retrieval, scans, detectors.",
    )


def _of_status(status: IndexStatus) -> tuple[RuleResult, ...]:
    if not status.rules:
        raise UsageError(
            f"The status of the index of {status.corpus!r} was held to no rule.",
            hint="Name one: %index_status CORPUS --rule 'stale <= 1%'.",
        )
    return tuple(
        RuleResult(
            rule=f"{status.corpus}: {each.rule}",
            verdict=Verdict(each.verdict),
            reason=each.reason,
            observed=each.observed,
        )
        for each in status.rules
    )


def _of_access(check: AccessCheck) -> RuleResult:
    asked = sum(row.forbidden for row in check.rows)
    reason = {
        "PASS": f"No leak in {asked:,} questions for documents that may not be read.",
        "FAIL": f"{check.leaks:,} chunks came to somebody who may not read them.",
        "INCONCLUSIVE": "Nobody who asked may not read one of the canaries.",
    }[check.verdict]
    if not check.protected:
        reason = "Every document is for everybody."
    return RuleResult(
        rule=f"{check.corpus}: access holds",
        verdict=Verdict(check.verdict),
        reason=reason,
        observed=float(check.leaks),
        n=asked,
    )


def _of_drift(report: DriftReport) -> RuleResult:
    """FAIL where results are worse; another name or digest alone leaves it undecided."""
    verdict = Verdict.PASS if report.verdict == UNCHANGED else Verdict.INCONCLUSIVE
    return RuleResult(
        rule=f"{report.prompt}: answers as when it was accepted",
        verdict=Verdict.FAIL if report.results == WORSE else verdict,
        reason=f"{report.verdict[:1].upper()}{report.verdict[1:]}. {report.reason}",
        n=report.comparison.common_cases if report.comparison else 0,
    )


def _of_report(report: RetrievalReport) -> tuple[RuleResult, ...]:
    if report.verdict != Verdict.INCONCLUSIVE:
        return ()
    return (
        RuleResult(
            rule=f"{report.corpus}: the check decides",
            verdict=Verdict.INCONCLUSIVE,
            reason=" ".join(report.reasons),
        ),
    )
