"""How a trace looks: one line, opening to the tree of its spans with a waterfall."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, NamedTuple

from llmops_magics.tracing.semconv import CACHE_HIT, MODEL_OPERATIONS, OPERATION
from llmops_magics.views import block, style
from llmops_magics.views.format import count, duration, money, plural, total_money
from llmops_magics.views.markup import Markup, abbreviate, element, visible
from llmops_magics.views.room import Room
from llmops_magics.views.span import span_content

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from llmops_magics.tracing.trace import Span, Trace

MAX_SPANS = 100
MAX_DEPTH = 12
DETAILS_BYTES = 200_000  # of messages and attributes: a notebook must stay small
COST = "llmops.cost.usd"
INPUT_TOKENS = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS = "gen_ai.usage.output_tokens"
_NAME_CHARACTERS = 80


def trace_html(trace: Trace) -> Markup:
    """Show the line that sums a trace up, opening to its spans."""
    line = f"{abbreviate(trace.name, _NAME_CHARACTERS)}: {trace_summary(trace)}"
    if not trace.spans:
        return block.outer(element("div", line, style=style.SMALL))
    caption = f"Trace {trace.trace_id}"
    tree = waterfall(trace.spans, span_count=trace.span_count, caption=caption)
    return block.outer(block.fold(line, tree))


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
    parts += [duration(trace.wall_ms), *trace.notes]
    return block.DOT.join([part for part in parts if part])


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


class _Frame(NamedTuple):
    """What all rows of a table share; ``failures`` by span, ``room`` for what a row opens to."""

    start_ns: int
    window_ms: float
    failures: Mapping[str, str]
    room: Room


def waterfall(
    spans: tuple[Span, ...],
    *,
    span_count: int,
    caption: str,
    failures: Mapping[str, str] | None = None,
) -> Markup:
    """Build the table of spans, each with a bar where it was in time.

    ``failures`` gives the class of a span that failed, by its id.
    """
    start = min(span.started_ns for span in spans)
    end = max(span.started_ns + span.duration_ms * 1e6 for span in spans)
    window_ms = max((end - start) / 1e6, 1e-6)
    ordered = list(span_tree(spans))[:MAX_SPANS]
    frame = _Frame(start, window_ms, failures or {}, Room(DETAILS_BYTES, rows=len(ordered)))
    rows = [_row(depth, span, frame) for depth, span in ordered]
    heads = [
        block.head("span"),
        block.head("when"),
        *(block.number_head(name) for name in ("time", "tokens", "cost")),
        block.head("status"),
    ]
    rest = max(span_count, len(spans)) - len(ordered)
    more = element("div", f"and {plural(rest, 'more span')}", style=style.SMALL)
    table = block.table(caption, heads, rows, wide=True)
    return element("div", table, more if rest > 0 else None)


def _row(depth: int, span: Span, frame: _Frame) -> Markup:
    failed = span.status == "error"
    failure = frame.failures.get(span.span_id, "").replace("_", " ")
    begin = (span.started_ns - frame.start_ns) / 1e6 / frame.window_ms
    colour = style.RED if failed else style.AMBER if failure else _colour(span)
    bar = block.bar(begin, span.duration_ms / frame.window_ms, colour, height=8)
    look = f"width:180px;margin:4px 0 0 0;background-color:{style.tint(style.GREY, 0.12)}"
    return block.row(
        _name_cell(depth, span, frame.room),
        block.cell(element("div", bar, style=look)),
        block.number_cell(duration(span.duration_ms)),
        block.number_cell(_tokens(span)),
        block.number_cell(_cost(span)),
        block.cell(*_status(span, failure)),
    )


def _status(span: Span, failure: str) -> list[Markup | str]:
    if span.status == "error":
        error = abbreviate(str(span.attributes.get("error.type", "")), 60)
        known = failure if failure not in ("", "other error") else "error"
        return [block.badge(f"✗ {known} {error}".strip(), style.RED)]
    if failure:
        return [block.badge(f"! {failure}", style.AMBER)]
    return ["ok · from the cache" if span.attributes.get(CACHE_HIT) else "ok"]


def _colour(span: Span) -> str:
    """Tint model calls, and leave what is around them grey; the names say it too."""
    operation = span.attributes.get(OPERATION)
    if operation in MODEL_OPERATIONS:
        return style.BLUE
    return style.GREEN if operation else style.GREY


def _name_cell(depth: int, span: Span, room: Room) -> Markup:
    """Name a span, opening to its messages and attributes while there is room for them."""
    level = min(depth, MAX_DEPTH)
    # The branch mark keeps some of the tree where a host drops styles.
    name = ("└ " if level else "") + abbreviate(span.name, _NAME_CHARACTERS)
    inner = [each for each in span_content(span) if room.takes(each)]
    shown = block.fold(name, *inner) if inner else element("span", name)
    left = 16 * level + (0 if inner else 16)  # where a fold has its triangle
    look = f"{style.CELL};font-weight:normal;padding-left:{left}px"
    return element("th", shown, scope="row", style=look)


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
