"""Images and links through which data may leave."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from llmops_magics.guard.detector import Boundary, Context
from llmops_magics.guard.detectors.exfiltration.markup import Address, addresses
from llmops_magics.guard.detectors.exfiltration.url import (
    HOST,
    SLOT,
    Parts,
    carried,
    is_allowed,
    parts,
)
from llmops_magics.guard.detectors.markdown import code_spans, is_inside
from llmops_magics.guard.detectors.report import Reporter
from llmops_magics.guard.disguise import TextView
from llmops_magics.guard.finding import Finding, Severity

_SENDS: Final[frozenset[Boundary]] = frozenset({"output", "tool_call"})
_MOST: Final = 2000  # addresses of one text that are looked at one by one
_LONGEST_HOST: Final = 60


def findings(view: TextView, context: Context, report: Reporter) -> Iterator[Finding]:
    """Yield the addresses that carry data, and in an output those of hosts that are not allowed."""
    if "/" not in view.text and "\\" not in view.text:
        return
    code = code_spans(view.text) if context.boundary == "output" else []
    for number, address in enumerate(addresses(view.text)):
        if number == _MOST:
            yield _too_many(view, address, report)
            return
        in_code = is_inside(code, address.start)
        verdict = _verdict(address, context, in_code=in_code)
        if verdict:
            severity, message = verdict
            yield report.found(
                "exfiltration.image" if address.is_fetched else "exfiltration.link",
                view,
                (address.start, address.end),
                severity=severity,
                score={"low": 0.3, "medium": 0.6, "high": 0.9, "critical": 1.0}[severity],
                message=message,
            )


def _verdict(address: Address, context: Context, *, in_code: bool) -> tuple[Severity, str] | None:
    found = parts(address.url)
    if found.host and is_allowed(found.host, context.allowed_hosts):
        return None
    what = "image or other part" if address.is_fetched else "link"
    data = carried(found)
    if data and not (in_code and data == SLOT):
        severity: Severity = "low" if in_code else "high" if _is_grave(address, data) else "medium"
        host = "another host" if data == HOST else _shown(found)
        return severity, f"The address of this {what} carries {data}, to {host}."
    if context.boundary not in _SENDS or in_code:
        return None
    if address.is_fetched:
        severity = "high" if context.allowed_hosts else "medium"
        return severity, f"Showing this {what} asks {_shown(found)} for it."
    if context.allowed_hosts:
        return "medium", f"This link names {_shown(found)}, which is not an allowed host."
    return None


def _is_grave(address: Address, data: str) -> bool:
    return address.is_fetched or not (data == SLOT or data.startswith("a long"))


def _shown(found: Parts) -> str:
    """Return a host as a message may show it."""
    return found.host if 0 < len(found.host) <= _LONGEST_HOST else "another host"


def _too_many(view: TextView, first: Address, report: Reporter) -> Finding:
    return report.found(
        "exfiltration.link",
        view,
        (first.start, len(view.text)),
        severity="medium",
        score=0.5,
        message=f"More than {_MOST} addresses; those from here on were not looked at.",
    )
