"""A scan as SARIF 2.1.0 (OASIS, 2020), the form in which code hosts take findings.

Columns count code points, from 1. A result in a file has its place there; one elsewhere (a case of
a dataset, a cell) has a logical location. A detector that failed makes the invocation
unsuccessful, which no reader may take for a clean result.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any, Final
from urllib.parse import quote

from llmops_magics.guard.finding import SEVERITIES
from llmops_magics.guard.survey.report import ScannedSource, ScanReport, Sighting

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS: Final = {"low": "note", "medium": "warning", "high": "error", "critical": "error"}
# What GitHub sorts by: over 9 is critical, 7 high, 4 medium.
_SECURITY_SEVERITY = {"low": "2.0", "medium": "5.0", "high": "8.0", "critical": "9.5"}
_FINGERPRINT = "llmopsFinding/v1"


def to_sarif(report: ScanReport) -> dict[str, Any]:
    """Return a report as a SARIF log of one run; texts in it are masked as in the report."""
    kinds = list(dict.fromkeys(f.kind for source in report.sources for f in source.findings))
    places = {kind: number for number, kind in enumerate(kinds)}
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": _driver(report, kinds)},
                "columnKind": "unicodeCodePoints",
                "invocations": [_invocation(report)],
                "results": [
                    _result(source, finding, places[finding.kind])
                    for source in report.sources
                    for finding in source.findings
                ],
                "properties": {
                    "target": report.target,
                    "findings": report.finding_count,
                    "texts": report.source_count,
                },
            }
        ],
    }


def _driver(report: ScanReport, kinds: list[str]) -> dict[str, Any]:
    found = [finding for source in report.sources for finding in source.findings]
    worst = {
        kind: max((f.severity for f in found if f.kind == kind), key=SEVERITIES.index)
        for kind in kinds
    }
    return {
        "name": "llmops guard",
        "semanticVersion": version("llmops-magics"),
        "rules": [
            {
                "id": kind,
                "name": "".join(word.capitalize() for word in kind.replace("-", ".").split(".")),
                "shortDescription": {"text": kind},
                "defaultConfiguration": {"level": LEVELS[worst[kind]]},
                "properties": {
                    "security-severity": _SECURITY_SEVERITY[worst[kind]],
                    "tags": ["security", kind.partition(".")[0]],
                },
            }
            for kind in kinds
        ],
        "properties": {"detectors": {use.detector: use.version for use in report.detectors}},
    }


def _invocation(report: ScanReport) -> dict[str, Any]:
    notes = [
        {
            "level": "error",
            "descriptor": {"id": use.detector},
            "message": {"text": f"The detector {use.detector} could not look: {use.error}"},
        }
        for use in report.errors
    ]
    notes += [
        {
            "level": "error" if each.is_failure else "note",
            "message": {"text": f"{each.name} was not read: {each.reason}"},
        }
        for each in report.unread
    ]
    return {
        "executionSuccessful": report.outcome != "failed",
        "startTimeUtc": report.started_at,
        "toolExecutionNotifications": notes,
    }


def _result(source: ScannedSource, finding: Sighting, rule: int) -> dict[str, Any]:
    where = "" if source.has_lines else f" ({source.name})"
    said = finding.message or f"{finding.kind} was found"
    return {
        "ruleId": finding.kind,
        "ruleIndex": rule,
        "level": LEVELS[finding.severity],
        "message": {"text": f"{said}{where}: {finding.excerpt}"},
        "locations": [_location(source, finding)],
        "partialFingerprints": {_FINGERPRINT: finding.fingerprint.rpartition(":")[2]},
        "properties": {
            "severity": finding.severity,
            "score": finding.score,
            "detector": finding.detector,
            "detectorVersion": finding.version,
        },
    }


def _location(source: ScannedSource, finding: Sighting) -> dict[str, Any]:
    logical = {"fullyQualifiedName": source.name, "kind": "member"}
    if not source.file:
        return {"logicalLocations": [logical]}
    region = {"startLine": 1}  # a cell has no line of the file that could be told
    if source.has_lines:
        region = {
            "startLine": finding.line,
            "startColumn": finding.column,
            "endLine": finding.end_line,
            "endColumn": finding.end_column,
        }
    physical = {"artifactLocation": {"uri": quote(source.file)}, "region": region}
    return {
        "physicalLocation": physical,
        **({} if source.has_lines else {"logicalLocations": [logical]}),
    }
