"""The report that maps the records of a workspace to laws and standards, made and written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmops_magics.audit.export import AuditExport
    from llmops_magics.audit.verification import AuditReport
    from llmops_magics.config.settings import Settings
    from llmops_magics.release.mapping.report import MappingReport
    from llmops_magics.storage.store import Store

REPORT = "html"


def report_of(
    store: Store,
    checked: AuditReport,
    settings: Settings,
    *,
    workspace: str,
    actor: str,
    period: tuple[str, str],
    frameworks: Sequence[str] = (),
) -> MappingReport:
    """Map what the store holds of a period; ``checked`` is what verification found."""
    from llmops_magics.release.mapping.evidence import Period
    from llmops_magics.release.mapping.report import mapping_report

    kept = sorted(settings.audit.retention.items())
    retention = ", ".join(f"{name} for {time.days:,} days" for name, time in kept)
    with store.read() as connection:
        return mapping_report(
            connection,
            workspace=workspace,
            actor=actor,
            trail=checked,
            told={"chain": _chain_words(checked), "retention": retention},
            period=Period(*period),
            ids=frameworks,
        )


def _chain_words(report: AuditReport) -> str:
    if report.problems:
        return ""
    heads = f"{report.heads:,} signed head{'' if report.heads == 1 else 's'}"
    return f"{report.events:,} events hold, against {heads}"


def written_report(
    path: Path, report: MappingReport, render: Callable[[MappingReport], str]
) -> AuditExport:
    """Write the page that ``render`` makes of a report."""
    from llmops_magics.audit.export import AuditExport, writing

    with writing(path) as file:
        file.write(render(report))
    return AuditExport(
        format=REPORT,
        path=str(path),
        events=report.trail.events,
        first_seq=min(report.trail.events, 1),
        last_seq=report.trail.events,
        head=report.trail.head,
        files=(str(path),),
    )
