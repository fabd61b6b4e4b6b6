"""What the guard says of a release: attacks that were tried, texts that were scanned, detectors.

A detector that cannot be loaded, or could not look, fails: what was not looked for must never
look like what was not there. A family of attacks that was not tried leaves the gate undecided.
"""

from __future__ import annotations

from typing import Final

from llmops_magics.evals.redteam.report import RedteamReport
from llmops_magics.guard.catalogue import DetectorList
from llmops_magics.guard.finding import SEVERITIES, Severity
from llmops_magics.guard.survey.report import ScanReport
from llmops_magics.release.gate.result import RuleResult, Verdict

FORBIDDEN: Final[Severity] = "high"  # a finding as bad as this, or worse, fails
_NAMED = 5


def of_detectors(listed: DetectorList) -> RuleResult:
    """Return whether every detector that a scan uses can be loaded."""
    used = [each for each in listed.detectors if each.is_used]
    broken = "; ".join(f"{each.name}: {each.error}" for each in listed.broken)
    verdict = Verdict.FAIL if broken else (Verdict.PASS if used else Verdict.INCONCLUSIVE)
    reason = {
        Verdict.PASS: f"All {len(used)} can be used.",
        Verdict.FAIL: f"{len(listed.broken)} cannot be used: {broken}",
        Verdict.INCONCLUSIVE: "No detector is in use.",
    }[verdict]
    return RuleResult(rule="detectors load", verdict=verdict, reason=reason, n=len(used))


def of_scan(report: ScanReport) -> RuleResult:
    """Return whether a scan looked at everything, and found nothing high or critical."""
    found = report.count_at_least(FORBIDDEN)
    if report.outcome == "failed":
        why = [f"{use.detector}: {use.error}" for use in report.errors]
        unread = sum(each.is_failure for each in report.unread)
        why += [f"{unread:,} parts could not be read"] if unread else []
        verdict, reason = Verdict.FAIL, f"Not everything was looked at: {'; '.join(why)}."
    elif found:
        verdict = Verdict.FAIL
        are = "finding is" if found == 1 else "findings are"
        reason = f"{found:,} {are} high or critical{_worst(report)}."
    elif not report.source_count:
        verdict, reason = Verdict.INCONCLUSIVE, "There was nothing to scan."
    else:
        milder = f", {report.finding_count:,} milder ones" if report.finding_count else ""
        verdict = Verdict.PASS
        noun = "text" if report.source_count == 1 else "texts"
        reason = f"Nothing high or critical in {report.source_count:,} {noun}{milder}."
    return RuleResult(
        rule=f"{report.target}: nothing high or critical",
        verdict=verdict,
        reason=reason,
        observed=float(found),
        n=report.source_count,
    )


def _worst(report: ScanReport) -> str:
    """Return the kinds of what fails, in the order of the report, in words that follow others."""
    listed = [finding for source in report.sources for finding in source.findings]
    least = SEVERITIES.index(FORBIDDEN)
    severe = [f.kind for f in listed if SEVERITIES.index(f.severity) >= least]
    kinds = list(dict.fromkeys(severe))
    more = " and others" if len(kinds) > _NAMED else ""
    return f": {', '.join(kinds[:_NAMED])}{more}" if kinds else ""


def of_redteam(report: RedteamReport) -> RuleResult:
    """Return whether every family of the suite was tried."""
    left_out = "; ".join(f"{family}, for {why}" for family, why in report.left_out.items())
    return RuleResult(
        rule="every family of attacks is tried",
        verdict=Verdict.INCONCLUSIVE if left_out else Verdict.PASS,
        reason=f"Not tried: {left_out}." if left_out else f"All {len(report.families)} were.",
        n=len(report.families),
    )
