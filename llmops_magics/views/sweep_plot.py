"""The plot of a sweep: what each configuration finds against what it puts into a prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmops_magics.views import plot
from llmops_magics.views.format import count, number
from llmops_magics.views.markup import abbreviate, visible
from llmops_magics.views.plot import Plot, draw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_magics.evals.retrieval.sweep.record import SweepReport, SweepRow

_HEIGHT_PX = 360
_NAME = 48
_LOG_ABOVE = 8.0  # times the fewest tokens
_LOOKS = (
    (plot.BLUE, "o"), (plot.ORANGE, "s"), ("#1f8a4c", "^"), ("#8a4fc4", "D"), ("#667080", "v"),
)  # fmt: skip


def sweep_plot(report: SweepReport) -> Plot | None:
    """Draw one mark a configuration, the chosen ones named; None where nothing has a place."""
    rows = [row for row in report.rows if row.scores.get(report.score) is not None]
    rows = [row for row in rows if row.context_tokens > 0]
    if not rows:
        return None
    named = [(word, row) for word, name in _chosen(report) for row in rows if row.name == name]

    def paint(axes: Any) -> None:
        for place, retriever in enumerate(dict.fromkeys(row.retriever for row in report.rows)):
            own = [row for row in rows if row.retriever == retriever]
            colour, mark = _LOOKS[place % len(_LOOKS)]
            places = [row.context_tokens for row in own], [_value(report, row) for row in own]
            axes.scatter(
                *places, s=26, color=colour, marker=mark, alpha=0.75, linewidths=0,
                label=visible(abbreviate(retriever, 24)),
            )  # fmt: skip
        _scale(axes, [row.context_tokens for row in rows])
        for word, row in named:
            _name(axes, report, word, row)
        told = "  ·  ".join(f"{word}: {_short(row)}" for word, row in named)
        axes.set_xlabel(visible(f"context tokens\n{told}"), fontsize=8, color=plot.INK)
        axes.legend(loc="lower right", frameon=False, fontsize=8, labelcolor=plot.INK)

    title = f"{report.score.replace('_', ' ')} against context tokens a query"
    return draw(title, _words(report, rows, named), paint, height_px=_HEIGHT_PX)


def _chosen(report: SweepReport) -> list[tuple[str, str]]:
    if report.best and report.best == report.cheapest:
        return [("best and cheapest", report.best)]
    return [("best", report.best), ("cheapest", report.cheapest)]


def _scale(axes: Any, tokens: Sequence[float]) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    if max(tokens) > _LOG_ABOVE * min(tokens):
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.xaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.grid(axis="x", color=plot.FAINT, linewidth=0.7)
    axes.margins(x=0.06, y=0.14)
    axes.tick_params(which="minor", length=0)


def _name(axes: Any, report: SweepReport, word: str, row: SweepRow) -> None:
    """Ring a mark and say which it is, above it and on the side with more room."""
    place = (row.context_tokens, _value(report, row))
    axes.scatter(
        *([each] for each in place), s=110, facecolors="none", edgecolors=plot.INK, linewidths=1.3,
        zorder=4,
    )  # fmt: skip
    across = axes.transAxes.inverted().transform(axes.transData.transform(place))[0]
    axes.annotate(
        word,
        place,
        xytext=(-3 if across > 0.5 else 3, 8),
        textcoords="offset points",
        ha="right" if across > 0.5 else "left",
        fontsize=8,
        fontweight="bold",
        color=plot.INK,
        zorder=5,
    )


def _short(row: SweepRow) -> str:
    return abbreviate(f"{row.chunker}, {row.retriever}, k={row.k}", _NAME)


def _value(report: SweepReport, row: SweepRow) -> float:
    return row.scores[report.score] or 0.0


def _words(
    report: SweepReport, rows: Sequence[SweepRow], named: Sequence[tuple[str, SweepRow]]
) -> str:
    tokens = [row.context_tokens for row in rows]
    values = [_value(report, row) for row in rows]
    spread = (
        f"{report.score} of {count(len(rows))} configurations, {number(min(values))} to "
        f"{number(max(values))}, against {min(tokens):,.0f} to {max(tokens):,.0f} context tokens "
        "a query"
    )
    said = [
        spread,
        *(
            f"{word} {_short(row)}: {number(_value(report, row))} at "
            f"{row.context_tokens:,.0f} tokens"
            for word, row in named
        ),
    ]
    return visible("; ".join(said))
