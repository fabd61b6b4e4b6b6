"""How metrics look: a row a group, the classes of failure, and plots where they were asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block, style
from llmops_magics.views.column import columns
from llmops_magics.views.format import count, duration, moment, money, plural, share
from llmops_magics.views.markup import Markup, abbreviate, element, join, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_magics.monitoring.metrics import CallMetrics, Metrics

_NAME_CHARACTERS = 60
_ERRORS = 1
_HEADS = (
    "calls", "errors", "p50", "p95", "p99", "first token", "tokens in", "out", "cost", "cached",
    "retries",
)  # fmt: skip


def metrics_html(metrics: Metrics) -> Markup:
    """Show a table of groups, the failures, and the plots."""
    groups = metrics.groups[: block.MAX_ROWS]
    used = _used(metrics.total)
    heads = [block.head(metrics.by), *(block.number_head(_HEADS[place]) for place in used)]
    rows = [_row(group, used) for group in groups]
    if len(metrics.groups) > 1:
        rows.append(_row(metrics.total, used))
    table = block.table(f"By {metrics.by}", heads, rows, wide=True) if groups else Markup()
    return block.outer(
        block.heading(element("strong", _title(metrics))),
        block.subline(_window(metrics)),
        table,
        block.more(len(metrics.groups) - len(groups), "group"),
        _failures(metrics.total),
        *_plots(metrics),
        element("div", _NOTE, style=style.SMALL) if metrics.total.calls else None,
        element("div", _pruned(metrics), style=style.SMALL) if _pruned(metrics) else None,
    )


def metrics_text(metrics: Metrics) -> str:
    """Return one line a group, the total last, and the failures."""
    lines = [_title(metrics), "  " + block.DOT.join(part for part in _window(metrics) if part)]
    shown = [*metrics.groups[: block.MAX_ROWS]]
    if len(metrics.groups) > 1:
        shown.append(metrics.total)
    if shown:
        rows = [(abbreviate(group.key, _NAME_CHARACTERS), *_short_cells(group)) for group in shown]
        heads = (metrics.by, *_SHORT_HEADS)
        lines += columns(heads, rows, numbers=range(1, len(heads)), gives_way=0)
    total = metrics.total
    if total.failures:
        lines.append(f"  failures: {_failure_words(total)}")
    if _pruned(metrics):
        lines.append(f"  {_pruned(metrics)}")
    return visible("\n".join(lines))


_SHORT_HEADS = ("calls", "errors", "p50", "p95", "p99", "tokens", "cost", "cached")


def _short_cells(group: CallMetrics) -> tuple[str, ...]:
    """Return what a terminal has room for: shares, and tokens in thousands."""
    calls, _, p50, p95, p99, _, tokens_in, tokens_out, cost, _, _ = _cells(group)
    known = not group.unmetered_calls
    tokens = f"{_short(group.input_tokens)} / {_short(group.output_tokens)}" if known else ""
    return (
        calls,
        share(group.error_rate) if group.errors else "0",
        p50,
        p95,
        p99,
        tokens or (tokens_in if tokens_in == tokens_out else f"{tokens_in} / {tokens_out}"),
        cost,
        share(group.cache_hits / group.calls) if group.cache_hits else "",
    )


def _short(number: int) -> str:
    for size, unit in ((1_000_000_000, "G"), (1_000_000, "M"), (10_000, "k")):
        if number >= size:
            return f"{number / (1000 if unit == 'k' else size):.3g}{unit}"
    return count(number)


_NOTE = (
    "Latency is of calls that went to an endpoint, failed ones included. "
    "The range behind errors is a 95% interval."
)


def _title(metrics: Metrics) -> str:
    return f"Metrics{block.DOT}{plural(metrics.total.calls, 'model call')}"


def _window(metrics: Metrics) -> list[str]:
    where = ", ".join(f"{name}={value}" for name, value in metrics.where.items())
    cancelled, refused = metrics.total.cancelled, metrics.total.refused
    return [
        f"{moment(metrics.since)} to {moment(metrics.until)}",
        abbreviate(where, 200),
        f"{plural(cancelled, 'call')} cancelled" if cancelled else "",
        f"{plural(refused, 'further call')} refused by a budget or cost cap" if refused else "",
        f"cache saved {money(metrics.total.saved_usd)}" if metrics.total.saved_usd else "",
    ]


def _pruned(metrics: Metrics) -> str:
    number = metrics.total.pruned_calls
    if not number:
        return ""
    are = "call is" if number == 1 else "calls are"
    return (
        f"* {count(number)} {are} of pruned traces, of which sums by day are left: p50, p95, p99 "
        "and first token are without them, all else counts them."
    )


def _latency(milliseconds: float | None, group: CallMetrics) -> str:
    return f"{duration(milliseconds)}{' *' if group.pruned_calls else ''}"


def _used(total: CallMetrics) -> list[int]:
    """Return the columns in which there is anything at all."""
    return [place for place, cell in enumerate(_cells(total)) if cell]


def _row(group: CallMetrics, used: Sequence[int]) -> Markup:
    cells: list[str] = list(_cells(group))
    cells[_ERRORS] = join([cells[_ERRORS], _interval(group)])
    name = element("div", abbreviate(group.key, _NAME_CHARACTERS), dir="auto")
    return block.row(
        element("th", name, scope="row", style=style.ROW_HEAD),
        *(block.number_cell(cells[place]) for place in used),
    )


def _interval(group: CallMetrics) -> Markup:
    if not group.errors or group.error_low is None or group.error_high is None:
        return Markup()
    return element(
        "div", f"{share(group.error_low)} to {share(group.error_high)}", style=style.SMALL
    )


def _cells(group: CallMetrics) -> tuple[str, ...]:
    return (
        count(group.calls),
        f"{count(group.errors)} ({share(group.error_rate)})" if group.errors else "0",
        _latency(group.p50_ms, group),
        _latency(group.p95_ms, group),
        _latency(group.p99_ms, group),
        _latency(group.first_token_p50_ms, group) if group.first_token_calls else "",
        _tokens(group.input_tokens, group),
        _tokens(group.output_tokens, group),
        _cost(group),
        f"{count(group.cache_hits)} ({share(group.cache_hits / group.calls)})"
        if group.cache_hits
        else "",
        count(group.retries) if group.retries else "",
    )


def _tokens(tokens: int, group: CallMetrics) -> str:
    if not group.unmetered_calls:
        return count(tokens)
    return f"≥ {count(tokens)}" if tokens else "unknown"


def _cost(group: CallMetrics) -> str:
    if not group.unpriced_calls:
        return money(group.cost_usd)
    return f"≥ {money(group.cost_usd)}" if group.cost_usd else "unknown"


def _failures(total: CallMetrics) -> Markup:
    if not total.failures:
        return Markup()
    most = max(total.failures.values())
    rows = [
        block.row(
            block.row_head(_class_words(name)),
            block.number_cell(count(number)),
            block.number_cell(share(number / total.calls)),
            element(
                "td", block.bar(0, number / most, style.RED), style=f"{style.CELL};width:160px"
            ),
        )
        for name, number in total.failures.items()
    ]
    heads = [block.head("class"), *map(block.number_head, ("calls", "of all")), block.head("")]
    return block.table("Failures", heads, rows)


def _failure_words(total: CallMetrics) -> str:
    parts = (f"{_class_words(name)} {number:,}" for name, number in total.failures.items())
    return ", ".join(parts)


def _class_words(name: str) -> str:
    return name.replace("_", " ")


def _plots(metrics: Metrics) -> list[Markup]:
    """Draw what there is to draw; Matplotlib is imported only then."""
    if not metrics.is_plotted or not metrics.total.calls:
        return []
    from llmops_magics.views.metrics_plot import plots

    return [element("div", plot.html, style="margin:8px 0 4px 0") for plot in plots(metrics)]
