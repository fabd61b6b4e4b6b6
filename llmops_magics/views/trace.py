"""How a trace looks: one line, opening to the tree of its spans with a waterfall."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from llmops_magics.views import block, style
from llmops_magics.views.format import count, duration, money, plural, total_money
from llmops_magics.views.markup import Markup, abbreviate, element, visible
from llmops_magics.views.room import Room

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_magics.tracing.trace import Span, Trace

MAX_SPANS = 100
MAX_DEPTH = 12
DETAILS_BYTES = 200_000  # of messages and attributes: a notebook must stay small
COST = "llmops.cost.usd"
INPUT_TOKENS = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS = "gen_ai.usage.output_tokens"
MESSAGES = {"gen_ai.input.messages": "input", "gen_ai.output.messages": "output"}
_SHOWN_ELSEWHERE = frozenset({COST, INPUT_TOKENS, OUTPUT_TOKENS, *MESSAGES})
_NAME_CHARACTERS = 80


def trace_html(trace: Trace) -> Markup:
    """Show the line that sums a trace up, opening to its spans."""
    line = f"{abbreviate(trace.name, _NAME_CHARACTERS)}: {trace_summary(trace)}"
    if not trace.spans:
        return block.outer(element("div", line, style=style.SMALL))
    return block.outer(block.fold(line, _tree(trace)))


def trace_text(trace: Trace) -> str:
    """Return the line that sums a trace up."""
    return visible(f"{abbreviate(trace.name, _NAME_CHARACTERS)}: {trace_summary(trace)}")


def trace_summary(trace: Trace) -> str:
    """``3 calls · 412 in / 96 out tokens · $0.0012 · 1.8 s``."""
    totals = trace.totals
    parts = [plural(totals.calls, "model call")]
    if totals.calls:
        parts += [
            plural(totals.errors, "error") if totals.errors else "",
            f"{count(totals.input_tokens)} in / {count(totals.output_tokens)} out tokens",
            total_money(totals.cost_usd, totals.unpriced_calls),
        ]
    return block.DOT.join([part for part in [*parts, duration(trace.wall_ms)] if part])


def span_tree(spans: tuple[Span, ...]) -> Iterator[tuple[int, Span]]:
    """Walk the spans depth first, children by start; yields each span once, with its depth."""
    known = {span.span_id for span in spans}
    children: dict[str | None, list[Span]] = {}
    for span in sorted(spans, key=lambda span: span.started_ns, reverse=True):
        parent = span.parent_id if span.parent_id in known else None
        children.setdefault(parent, []).append(span)
    waiting = [(0, span) for span in children.pop(None, [])]
    while waiting or children:
        if not waiting:  # spans that are one another's parents
            waiting = [(0, children.pop(next(iter(children)))[-1])]
        depth, span = waiting.pop()
        yield depth, span
        waiting += [(depth + 1, child) for child in children.pop(span.span_id, [])]


def _tree(trace: Trace) -> Markup:
    start = min(span.started_ns for span in trace.spans)
    end = max(span.started_ns + span.duration_ms * 1e6 for span in trace.spans)
    window_ms = max((end - start) / 1e6, 1e-6)
    ordered = list(span_tree(trace.spans))[:MAX_SPANS]
    room = Room(DETAILS_BYTES, rows=len(ordered))
    rows = [_row(depth, span, start, window_ms, room) for depth, span in ordered]
    heads = [
        block.head("span"),
        block.head("when"),
        *(block.number_head(name) for name in ("time", "tokens", "cost")),
        block.head("status"),
    ]
    rest = max(trace.span_count, len(trace.spans)) - len(ordered)
    more = element("div", f"and {plural(rest, 'more span')}", style=style.SMALL)
    return element(
        "div",
        block.table(f"Trace {trace.trace_id}", heads, rows, wide=True),
        more if rest > 0 else None,
    )


def _row(depth: int, span: Span, start_ns: int, window_ms: float, room: Room) -> Markup:
    failed = span.status == "error"
    begin = (span.started_ns - start_ns) / 1e6 / window_ms
    waterfall = block.bar(
        begin, span.duration_ms / window_ms, style.RED if failed else style.BLUE, height=8
    )
    frame = f"width:180px;margin:4px 0 0 0;background-color:{style.tint(style.GREY, 0.12)}"
    error = str(span.attributes.get("error.type", ""))
    status = block.badge(f"✗ error {abbreviate(error, 60)}".strip(), style.RED)
    return block.row(
        _name_cell(depth, span, room),
        block.cell(element("div", waterfall, style=frame)),
        block.number_cell(duration(span.duration_ms)),
        block.number_cell(_tokens(span)),
        block.number_cell(_cost(span)),
        block.cell(status if failed else "ok"),
    )


def _name_cell(depth: int, span: Span, room: Room) -> Markup:
    """Name a span, opening to its messages and attributes while there is room for them."""
    level = min(depth, MAX_DEPTH)
    # The branch mark keeps some of the tree where a host drops styles.
    name = ("└ " if level else "") + abbreviate(span.name, _NAME_CHARACTERS)
    inner = [each for each in (*_messages(span), *_attributes(span)) if room.takes(each)]
    shown = block.fold(name, *inner) if inner else element("span", name)
    left = 16 * level + (0 if inner else 16)  # where a fold has its triangle
    look = f"{style.CELL};font-weight:normal;padding-left:{left}px"
    return element("th", shown, scope="row", style=look)


def _attributes(span: Span) -> list[Markup]:
    kept = {
        name: block.plain(value)
        for name, value in span.attributes.items()
        if name not in _SHOWN_ELSEWHERE
    }
    return [block.facts("attributes", dict(sorted(kept.items())))] if kept else []


def _messages(span: Span) -> list[Markup]:
    shown = []
    for attribute, title in MESSAGES.items():
        messages = _parse_messages(span.attributes.get(attribute))
        if messages:
            parts = [
                element("div", element("div", role, style=style.SMALL), block.block(content))
                for role, content in messages
            ]
            shown.append(
                block.fold(f"{title}: {plural(len(messages), 'message')}", *parts, is_open=True)
            )
    return shown


def _parse_messages(value: Any) -> list[tuple[str, str]]:
    """Read messages of the GenAI conventions; what is none of them is shown as it is."""
    if value is None:
        return []
    try:
        messages = json.loads(value) if isinstance(value, str) else value
        return [
            (str(message.get("role", "")), "\n".join(_part(part) for part in message["parts"]))
            for message in messages
        ]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return [("", block.plain(value))]


def _part(part: dict[str, Any]) -> str:
    content = part.get("content")
    return content if isinstance(content, str) else block.plain(part)


def _tokens(span: Span) -> str:
    taken, given = span.attributes.get(INPUT_TOKENS), span.attributes.get(OUTPUT_TOKENS)
    if not isinstance(taken, int) and not isinstance(given, int):
        return ""
    return f"{_whole(taken)} → {_whole(given)}"


def _whole(value: Any) -> str:
    return count(value) if isinstance(value, int) else count(None)


def _cost(span: Span) -> str:
    """Show the price of a model call; a span that is none has no price to be unknown."""
    if COST not in span.attributes:
        return money(None) if _tokens(span) else ""
    try:
        return money(Decimal(str(span.attributes[COST])))
    except InvalidOperation:
        return money(None)
