"""How a list of traces looks: one row each, with how long it took beside the others."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from llmops_magics.views import block, style
from llmops_magics.views.column import columns
from llmops_magics.views.format import count, duration, plural, total_money
from llmops_magics.views.markup import Markup, abbreviate, element, visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llmops_magics.tracing.search import TraceList
    from llmops_magics.tracing.summary import TraceSummary

_NAME_CHARACTERS = 60
SHORT_ID = 8
_HINT = "`%llm_trace ID` shows one of them."


def trace_list_html(found: TraceList) -> Markup:
    """Show one row a trace."""
    traces = found.traces[: block.MAX_ROWS]
    longest = max((trace.latency_ms for trace in traces), default=0.0) or 1.0
    heads = [
        block.head("trace"),
        block.head("what"),
        block.head("when"),
        block.number_head("took"),
        block.head(""),
        *(block.number_head(name) for name in ("calls", "tokens", "cost")),
        block.head("model, prompt"),
        block.head("status"),
    ]
    rows = [_row(trace, longest) for trace in traces]
    return block.outer(
        block.heading(element("strong", _amount(found))),
        block.subline([_asked(found), _searched(found)]),
        element("div", *failure_badges(found.failures, "trace")) if found.failures else None,
        block.table("Traces that were found", heads, rows, wide=True) if rows else Markup(),
        block.more(len(found.traces) - block.MAX_ROWS, "trace"),
        block.hint(_HINT) if rows else None,
    )


def trace_list_text(found: TraceList) -> str:
    """Return one line a trace."""
    head = ("trace", "what", "when (UTC)", "took", "calls", "tokens", "cost", "status", "model")
    rows = [
        (
            trace.trace_id[:SHORT_ID],
            trace.name,
            when(trace.started_ns)[5:],
            duration(trace.latency_ms),
            count(trace.calls),
            _tokens(trace),
            cost(trace),
            status_words(trace),
            ", ".join(trace.models),
        )
        for trace in found.traces
    ]
    lines = columns(head, rows, numbers=(3, 4, 5, 6), fixed=(0, 2), noun="trace") if rows else []
    about = [part for part in (_amount(found), _asked(found), _searched(found)) if part]
    failures = [f"  {failure_words(found.failures, 'trace')}"] if found.failures else []
    return visible("\n".join([block.DOT.join(about), *failures, *lines]))


def when(moment_ns: int) -> str:
    """Show a moment to the second."""
    try:
        return datetime.fromtimestamp(moment_ns / 1e9, UTC).strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return "unknown"


def cost(trace: TraceSummary) -> str:
    """Show what the calls of a trace cost."""
    return total_money(trace.cost_usd, trace.unpriced_calls) if trace.calls else ""


def status_words(trace: TraceSummary) -> str:
    """Say how a trace went."""
    names = ", ".join(sorted(name.replace("_", " ") for name in trace.failures))
    if trace.status == "error":
        return f"✗ {names or 'error'}"
    if trace.root_id is None:
        return f"open {names}".strip()
    return f"! {names}" if names else "ok"


def status_badges(trace: TraceSummary) -> list[Markup | str]:
    """Show how a trace went, a line for each class of what went wrong."""
    names = [name.replace("_", " ") for name in sorted(trace.failures)]
    failed = trace.status == "error"
    if failed and not names:
        names = ["error"]
    mark, colour = ("✗", style.RED) if failed else ("!", style.AMBER)
    badges = [element("div", block.badge(f"{mark} {name}", colour)) for name in names]
    if trace.root_id is None:
        badges.append(element("div", block.badge("open", style.GREY)))
    return [*badges] or ["ok"]


def failure_badges(failures: Mapping[str, int], noun: str) -> list[Markup]:
    """Show the classes of what went wrong, with how often."""
    shown: list[Markup] = []
    for name, number in Counter(failures).most_common():
        badge = block.badge(f"{name.replace('_', ' ')}: {plural(number, noun)}", style.AMBER)
        shown += [badge, element("span", " ")]
    return shown


def failure_words(failures: Mapping[str, int], noun: str) -> str:
    """Say the classes of what went wrong, with how often."""
    named = [
        f"{name.replace('_', ' ')} in {plural(number, noun)}"
        for name, number in Counter(failures).most_common()
    ]
    return ", ".join(named)


def _row(trace: TraceSummary, longest: float) -> Markup:
    colour = style.RED if trace.status == "error" else style.BLUE
    moment = when(trace.started_ns)
    bar = block.bar(0, trace.latency_ms / longest, colour, height=8)
    frame = f"width:90px;margin:5px 0 0 0;background-color:{style.tint(style.GREY, 0.12)}"
    return block.row(
        element(
            "th",
            element("code", trace.trace_id[:SHORT_ID]),
            scope="row",
            style=style.ROW_HEAD,
            title=trace.trace_id,
        ),
        block.cell(abbreviate(trace.name, _NAME_CHARACTERS), *_who(trace)),
        element("td", moment[5:], style=style.TIME, title=f"{moment} UTC"),
        block.number_cell(duration(trace.latency_ms)),
        block.cell(element("div", bar, style=frame)),
        block.number_cell(count(trace.calls)),
        block.number_cell(_tokens(trace)),
        block.number_cell(cost(trace)),
        block.cell(*_of(trace)),
        block.cell(*status_badges(trace)),
    )


def _who(trace: TraceSummary) -> list[Markup]:
    """Return notebook, session and user on a small line."""
    parts = [trace.notebook, *_some("session", trace.sessions), *_some("user", trace.users)]
    line = block.DOT.join(abbreviate(part, _NAME_CHARACTERS) for part in parts if part)
    return [element("div", line, style=style.SMALL)] if line else []


def _of(trace: TraceSummary) -> list[Markup]:
    lines = [_several(trace.models), _several(trace.prompts)]
    return [element("div", line, dir="auto") for line in lines if line]


def _some(noun: str, values: Sequence[str]) -> list[str]:
    return [f"{noun} {_several(values)}"] if values else []


def _several(values: Sequence[str]) -> str:
    return block.names([abbreviate(value, _NAME_CHARACTERS) for value in values], limit=2)


def _tokens(trace: TraceSummary) -> str:
    if not trace.calls:
        return ""
    return f"{count(trace.input_tokens)} → {count(trace.output_tokens)}"


def _amount(found: TraceList) -> str:
    if not found.traces:
        return "No trace found"
    shown = plural(len(found.traces), "trace")
    return f"The first {shown} of more" if found.more else shown


def _asked(found: TraceList) -> str:
    return abbreviate(found.asked, 200)


def _searched(found: TraceList) -> str:
    if found.searched_since_ns is None:
        return ""
    return f"looked for these words back to {when(found.searched_since_ns)}"
