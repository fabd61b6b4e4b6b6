"""How a bench of detectors looks: a row a detector with intervals, and what thresholds would give.

A bar of false alarms beside recall: a detector that flags everything finds everything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmops_magics.views import block, plot, style
from llmops_magics.views.column import columns, wrapped
from llmops_magics.views.format import NOTHING, count, number, plural, share, short_digest
from llmops_magics.views.markup import Markup, abbreviate, element, visible
from llmops_magics.views.masked import masked
from llmops_magics.views.plot import Plot, draw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_magics.guard.bench.report import BenchResult, CurvePoint, GuardBench, Rate

MAX_ROWS = 50
MAX_GROUPS = 60
_NAME = 60
_HEADS = ("recall", "false alarms", "precision", "F1", "AUC", "texts per CPU s")
_LINES = (plot.BLUE, plot.ORANGE, plot.RED, "#3f7d4e", "#7a4fb5", plot.SOFT)


@masked
def guard_bench_html(bench: GuardBench) -> Markup:
    """Show a row a detector, the curves, and what each group of texts gives."""
    ran = [each for each in bench.results if not each.error]
    heads = [block.marked_head("detector"), *map(block.number_head, _HEADS)]
    rows = [_row(each) for each in ran[:MAX_ROWS]]
    curves = [each for each in ran if each.curve]
    return block.outer(
        block.heading(element("strong", f"Detectors on {abbreviate(bench.data, _NAME)}")),
        block.subline(_facts(bench)),
        _failed(bench),
        block.table(_caption(bench), heads, rows) if rows else None,
        curve_plot(bench, curves).html if curves else None,
        _targets(bench, curves) if curves else None,
        *(_groups(each) for each in ran[:MAX_ROWS] if each.groups),
    )


@masked
def guard_bench_text(bench: GuardBench) -> str:
    """Return a line a detector, and its threshold at the target."""
    ran = [each for each in bench.results if not each.error]
    lines = [
        f"Detectors on {abbreviate(bench.data, _NAME)}",
        *wrapped(block.DOT.join(_facts(bench))),
    ]
    for each in bench.errors:
        lines += wrapped(f"✗ {each.detector} could not look: {abbreviate(each.error, 300)}")
    cells = [(each.detector, *_cells(each)) for each in ran]
    numbers = range(1, len(_HEADS) + 1)
    lines += columns(("detector", *_HEADS), cells, numbers=numbers, gives_way=0, noun="detector")
    for each in ran:
        if each.curve:
            lines += wrapped(_target_words(bench, each))
    return visible("\n".join(lines))


def curve_plot(bench: GuardBench, curves: Sequence[BenchResult]) -> Plot:
    """Draw recall against false alarms, from none to five times the target."""
    widest = min(1.0, max(5 * bench.target_fpr, 0.05))
    shown = curves[: len(_LINES)]
    told = [_target_words(bench, each) for each in shown]
    words = f"Recall against false alarms from 0% to {share(widest)}. {' '.join(told)}"

    def paint(axes: Any) -> None:
        for each, colour in zip(shown, _LINES, strict=False):
            rates, recalls = _steps(each.curve, widest)
            name = visible(abbreviate(each.detector, 30))
            axes.plot(
                rates, recalls, color=colour, linewidth=1.8, label=name, drawstyle="steps-post"
            )
            if each.fpr.value is not None and each.fpr.value <= widest:
                shipped = ([each.fpr.value], [each.recall.value])
                axes.plot(*shipped, "o", color=colour, markersize=6, clip_on=False, zorder=3)
        axes.axvline(bench.target_fpr, color=plot.SOFT, linewidth=1, linestyle=(0, (3, 2)))
        axes.set_xlim(0, widest)
        axes.set_ylim(0, 1.02)
        axes.set_xlabel("false alarms (dashed: the target; dot: as shipped)", fontsize=8)
        axes.xaxis.label.set_color(plot.SOFT)
        axes.xaxis.set_major_formatter(_percent)
        axes.yaxis.set_major_formatter(_percent)
        axes.legend(loc="lower right", frameon=False, fontsize=8, labelcolor=plot.INK)

    return draw("Recall by rate of false alarms", words, paint, height_px=280)


def _percent(value: float, _place: Any = None) -> str:
    return f"{value:.0%}" if value == 0 or value >= 0.1 else f"{value:.1%}"


def _steps(curve: Sequence[CurvePoint], widest: float) -> tuple[list[float], list[float]]:
    rates, recalls = [0.0], [0.0]
    for point in curve:
        if point.fpr > widest:
            break
        rates.append(point.fpr)
        recalls.append(point.recall)
    return [*rates, widest], [*recalls, recalls[-1]]


def _facts(bench: GuardBench) -> list[str]:
    harmless = bench.texts - bench.positives
    facts = [plural(bench.texts, "text")]
    if bench.unit == "span":
        facts += [plural(bench.spans, "span"), f"{plural(harmless, 'text')} without any"]
    else:
        facts += [f"{count(bench.positives)} dangerous", f"{count(harmless)} harmless"]
    return [*facts, plural(bench.characters, "character"), short_digest(bench.data_digest)]


def _caption(bench: GuardBench) -> str:
    if bench.unit == "text":
        return "As shipped, with 95% intervals (Wilson)"
    return "By span, with 95% intervals (Wilson); false alarms are of texts without a span"


def _failed(bench: GuardBench) -> Markup | None:
    words = [
        f"✗ {each.detector} could not look: {abbreviate(each.error, 300)}" for each in bench.errors
    ]
    return element("div", block.bullets(words), style=style.banner(style.RED)) if words else None


def _row(each: BenchResult) -> Markup:
    head = element(
        "th",
        element("div", abbreviate(each.detector, _NAME)),
        element("div", abbreviate(each.version, _NAME), style=style.SMALL),
        scope="row",
        style=style.first_cell(style.BLUE),
    )
    rates = [_rate_cell(each.recall), _rate_cell(each.fpr), _rate_cell(each.precision)]
    return block.row(head, *rates, *map(block.number_cell, _cells(each)[3:]))


def _rate_cell(rate: Rate) -> Markup:
    if rate.value is None:
        return block.number_cell(NOTHING)
    return element(
        "td",
        element("div", share(rate.value)),
        element("div", f"{share(rate.low)} to {share(rate.high)}", style=style.SMALL),
        style=style.NUMBER,
        title=f"{rate.hits:,} of {rate.n:,}",
    )


def _cells(each: BenchResult) -> tuple[str, ...]:
    speed = each.texts_per_cpu_s
    return (
        _with_interval(each.recall),
        _with_interval(each.fpr),
        share(each.precision.value),  # a line has no room for a third interval
        number(each.f1),
        number(each.auc),
        NOTHING if speed is None else f"{speed:,.0f}",
    )


def _with_interval(rate: Rate) -> str:
    if rate.value is None:
        return NOTHING
    return f"{share(rate.value)} ({share(rate.low)} to {share(rate.high)})"


def _targets(bench: GuardBench, curves: Sequence[BenchResult]) -> Markup:
    return block.bullets(_target_words(bench, each) for each in curves)


def _target_words(bench: GuardBench, each: BenchResult) -> str:
    name, most = abbreviate(each.detector, _NAME), share(bench.target_fpr)
    if each.at_target is None:
        return f"{name}: no threshold keeps false alarms at {most} or below."
    point = each.at_target
    return (
        f"{name}: at the threshold {number(point.threshold)} recall is {share(point.recall)} "
        f"with {share(point.fpr)} false alarms (target {most}, on these texts)."
    )


def _groups(each: BenchResult) -> Markup:
    heads = [block.head("group"), block.number_head("recall"), block.number_head("false alarms")]
    rows = [
        block.row(
            block.row_head(abbreviate(f"{group.column} {group.name}", _NAME)),
            _rate_cell(group.recall),
            _rate_cell(group.fpr),
        )
        for group in each.groups[:MAX_GROUPS]
    ]
    title = f"{abbreviate(each.detector, _NAME)} by group"
    return block.fold(title, block.table("", heads, rows))
