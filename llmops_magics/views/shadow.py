"""How the candidate's answers in shadow mode compare with those given: numbers, and traces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block
from llmops_magics.views.format import NOTHING, duration, number, plural, share
from llmops_magics.views.markup import Markup, element, visible

if TYPE_CHECKING:
    from llmops_magics.release.rollout.record import ShadowReport


def shadow_report_html(report: ShadowReport) -> Markup:
    """Show what both versions said beside each other, in numbers."""
    return block.outer(shadow_part(report))


def shadow_part(report: ShadowReport) -> Markup:
    """Show the same as a part of another view."""
    heads = [block.head("per answer"), block.number_head("stable"), block.number_head("candidate")]
    rows = [
        block.row(block.row_head(name), block.number_cell(stable), block.number_cell(candidate))
        for name, stable, candidate in _rows(report)
    ]
    return element(
        "div",
        block.heading(element("strong", _title(report))),
        block.subline(_facts(report)),
        block.table("Means of the answers", heads, rows) if report.pairs else None,
        block.bullets(_traces(report)) if report.least_similar else None,
    )


def shadow_report_text(report: ShadowReport) -> str:
    """Return the same as lines."""
    lines = [_title(report), f"  {block.DOT.join(part for part in _facts(report) if part)}"]
    if report.pairs:
        lines += [f"  {name}: {stable} / {candidate}" for name, stable, candidate in _rows(report)]
    return visible("\n".join([*lines, *(f"  {line}" for line in _traces(report))]))


def _title(report: ShadowReport) -> str:
    place = f"{report.prompt}@{report.environment}"
    if not report.candidate:
        return f"No candidate is in the shadow of {place}: promote one with --shadow"
    return f"Shadow of {place}: {report.candidate} beside {report.stable}"


def _facts(report: ShadowReport) -> list[str]:
    answered = report.pairs - report.failures
    alike = "" if report.similarity is None else f"words shared {report.similarity:.2f}"
    return [
        plural(report.pairs, "pair"),
        f"{report.equal:,} equal ({share(report.equal / answered)})" if answered else "",
        alike,
        ", ".join(f"{name} {n:,}" for name, n in report.errors),
        ", ".join(f"not asked: {reason} {n:,}" for reason, n in report.skipped),
        "nobody was shown them",
    ]


def _rows(report: ShadowReport) -> list[tuple[str, str, str]]:
    return [
        (
            "characters",
            _number(report.stable_characters),
            _number(report.candidate_characters),
        ),
        ("latency", duration(report.stable_latency_ms), duration(report.candidate_latency_ms)),
        ("cost", _money(report.stable_cost_usd), _money(report.candidate_cost_usd)),
        *((name, number(own), number(other)) for name, own, other, _ in report.scores),
    ]


def _traces(report: ShadowReport) -> list[str]:
    return [
        f"least alike, words shared {pair['similarity']:.2f}: traces {pair['stable_trace']} and "
        f"{pair['candidate_trace']}"
        for pair in report.least_similar
        if pair["similarity"] < 1
    ]


def _number(value: float | None) -> str:
    return NOTHING if value is None else f"{value:,.0f}"


def _money(value: float | None) -> str:
    return NOTHING if value is None else f"${value:.5f}"
