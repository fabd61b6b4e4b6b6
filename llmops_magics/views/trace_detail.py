"""How one trace looks: what it was, and the waterfall of its spans, each opening to its content."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block, style
from llmops_magics.views.column import columns, indented
from llmops_magics.views.format import count, duration, plural
from llmops_magics.views.markup import Markup, abbreviate, element, visible
from llmops_magics.views.span import span_lines
from llmops_magics.views.trace import MAX_DEPTH, MAX_SPANS, span_tree, waterfall
from llmops_magics.views.trace_list import (
    cost,
    failure_badges,
    failure_words,
    when,
)

if TYPE_CHECKING:
    from llmops_magics.tracing.stored import TraceDetail
    from llmops_magics.tracing.summary import TraceSummary

_NAME_CHARACTERS = 80
_LINE_CHARACTERS = 240
_TEXT_SPANS = 40  # whose content is told in text


def trace_detail_html(detail: TraceDetail) -> Markup:
    """Show the trace with the waterfall open."""
    summary = detail.summary
    caption = f"Trace {summary.trace_id}"
    return block.outer(
        block.heading(element("strong", _name(summary)), _status(summary)),
        block.subline(_facts(summary)),
        block.subline(_context(summary)) if _context(summary) else None,
        element("div", *failure_badges(summary.failures, "span")) if summary.failures else None,
        waterfall(detail.spans, span_count=summary.spans, caption=caption, failures=detail.failures)
        if detail.spans
        else None,
    )


def trace_detail_text(detail: TraceDetail) -> str:
    """Return the spans as a table, and what is in each below it."""
    summary = detail.summary
    ordered = list(span_tree(detail.spans))[:MAX_SPANS]
    rows = [
        (
            f"{'· ' * min(depth, MAX_DEPTH)}{span.name}",
            duration((span.started_ns - summary.started_ns) / 1e6),
            duration(span.duration_ms),
            detail.failures.get(span.span_id, "ok").replace("_", " "),
        )
        for depth, span in ordered
    ]
    head = ("span", "after", "took", "status")
    lines = columns(head, rows, numbers=(1, 2), gives_way=0)
    content = [
        line
        for _, span in ordered[:_TEXT_SPANS]
        if (said := list(span_lines(span)))
        for line in (f"  {span.name}", *(_line(each) for each in said))
    ]
    about = [f"{_name(summary)}: {block.DOT.join(_facts(summary))}", summary.trace_id]
    about += [block.DOT.join(_context(summary))] if _context(summary) else []
    if summary.failures:
        about.append(failure_words(summary.failures, "span"))
    return visible("\n".join([*about, *lines, *content]))


def _line(text: str) -> str:
    return indented(abbreviate(text, _LINE_CHARACTERS))


def _status(summary: TraceSummary) -> Markup | str:
    if summary.status == "error":
        return block.badge(f"✗ {plural(summary.errors, 'error')}", style.RED)
    return block.badge("! see below", style.AMBER) if summary.failures else "ok"


def _name(summary: TraceSummary) -> str:
    return abbreviate(summary.name, _NAME_CHARACTERS)


def _facts(summary: TraceSummary) -> list[str]:
    calls = plural(summary.calls, "model call")
    facts = [when(summary.started_ns) + " UTC", duration(summary.latency_ms), calls]
    if summary.calls:
        tokens = f"{count(summary.input_tokens)} in / {count(summary.output_tokens)} out tokens"
        facts += [tokens, cost(summary)]
    if summary.cached_calls:
        facts.append(f"{count(summary.cached_calls)} from the cache")
    if summary.root_id is None:
        facts.append("its root has not ended")
    return facts


def _context(summary: TraceSummary) -> list[str]:
    """Return where it was made and for whom."""
    cell = f", cell {summary.cell}" if summary.cell is not None else ""
    named = {
        "prompt": summary.prompts,
        "model": summary.models,
        "run": summary.runs,
        "session": summary.sessions,
        "user": summary.users,
    }
    parts = [f"{summary.notebook}{cell}".removeprefix(", ")]
    parts += [f"{what} {block.names(values, limit=3)}" for what, values in named.items() if values]
    return [abbreviate(part, 200) for part in parts if part]
