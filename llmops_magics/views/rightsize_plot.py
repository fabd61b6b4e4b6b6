"""Quality against cost as a picture, with intervals; one part a score.

PNG by matplotlib's Agg: an archived notebook runs no script, and sanitisers drop inline SVG. The
library is imported when the first picture is drawn, and none of its global state is touched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from llmops_magics.views.format import money, score
from llmops_magics.views.markup import abbreviate, visible
from llmops_magics.views.plot import PAPER, plain_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_magics.evals.rightsize import RightSize, SizedModel, SizeScore

MOST_PARTS = 3
_PART_PX = 560
_COLOURS = {
    "non-inferior": "#1f8a4c",
    "inferior": "#cc3333",
    "inconclusive": "#b87700",
    "reference": "#2f6fd6",
}
_MARKS = {"non-inferior": "o", "inferior": "X", "inconclusive": "s", "reference": "D"}
_LOG_ABOVE = 12.0  # times the cheapest
_NAME_CHARACTERS = 40

_Point = tuple["SizedModel", "SizeScore", float]


class Drawn(NamedTuple):
    """A picture and its width in CSS pixels."""

    png: bytes
    width: int


def draw(report: RightSize) -> Drawn:
    """Return the picture; b"" where nothing can be placed, or matplotlib is not here."""
    parts = [name for name in report.scorers[:MOST_PARTS] if _points(report, name)]
    width = _PART_PX * len(parts)
    if not parts:
        return Drawn(b"", 0)
    try:
        import matplotlib as mpl
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        return Drawn(b"", 0)
    from io import BytesIO

    written = BytesIO()
    with mpl.rc_context(plain_settings(mpl)):
        size = (width / 100, 3.9)
        figure = Figure(figsize=size, dpi=200, facecolor=PAPER, layout="constrained")
        FigureCanvasAgg(figure)
        for place, name in enumerate(parts, 1):
            _part(figure.add_subplot(1, len(parts), place, facecolor=PAPER), report, name)
        figure.savefig(written, format="png", facecolor=PAPER, metadata={"Software": None})
    return Drawn(written.getvalue(), width)


def describe(report: RightSize) -> str:
    """Return in words what the picture shows."""
    said = []
    for name in report.scorers[:MOST_PARTS]:
        points = _points(report, name)
        own = "; ".join(
            f"{model.model} {score(own.mean, is_proportion=own.is_proportion)} at "
            f"{money(model.cost_per_case_usd)} a case, {own.verdict}"
            for model, own, _ in points
        )
        if points:
            said.append(f"{name} against cost a case: {own}")
    return visible(". ".join(said))


def _points(report: RightSize, scorer: str) -> list[_Point]:
    return [
        (model, own, float(model.cost_per_case_usd))
        for model in report.models
        for own in model.scores
        if own.scorer == scorer and own.mean is not None and model.cost_per_case_usd is not None
    ]


def _part(axes: Any, report: RightSize, scorer: str) -> None:
    points = _points(report, scorer)
    costs = [cost for *_, cost in points]
    for model, own, cost in points:
        colour = _COLOURS[own.verdict]
        axes.errorbar(
            [cost],
            [own.mean],
            xerr=_reach(cost, model.cost_low_usd, model.cost_high_usd),
            yerr=_reach(own.mean or 0.0, own.low, own.high),
            fmt=_MARKS[own.verdict],
            color=colour,
            markersize=7,
            capsize=3,
            linewidth=1.2,
        )
        _name(axes, model.model, (cost, own.mean or 0.0), points, colour)
    is_log = min(costs) > 0 and max(costs) > _LOG_ABOVE * min(costs)
    _scales(axes, points, is_log=is_log)
    axes.margins(x=0.22, y=0.18)
    _floor(axes, report, points)
    axes.set_xlabel("US dollars a case")
    axes.set_ylabel(_plain(scorer), parse_math=False)
    axes.grid(visible=True, alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)


def _name(
    axes: Any, model: str, place: tuple[float, float], points: Sequence[_Point], colour: str
) -> None:
    """Write a model's name beside its point: above and below in turn, and left of the dearest."""
    costs = sorted(cost for *_, cost in points)
    is_right = len(costs) > 1 and place[0] == costs[-1]
    is_above = costs.index(place[0]) % 2 == 0
    axes.annotate(
        _plain(model),
        place,
        xytext=(-7 if is_right else 7, 7 if is_above else -14),
        textcoords="offset points",
        ha="right" if is_right else "left",
        fontsize=8,
        color=colour,
        parse_math=False,
    )


def _scales(axes: Any, points: Sequence[_Point], *, is_log: bool) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

    if is_log:
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.xaxis.set_minor_formatter(NullFormatter())
    else:
        axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda cost, _: f"${cost:.6g}"))
    if all(own.is_proportion for _, own, _ in points):
        axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{share:.0%}"))


def _floor(axes: Any, report: RightSize, points: Sequence[_Point]) -> None:
    """Draw how far a score may fall below the reference's."""
    from llmops_magics.evals.direction import prefers_higher

    own = next((own for model, own, _ in points if model.model == report.reference), None)
    if own is None or own.mean is None:
        return
    higher = prefers_higher(own.scorer, is_assertion=own.is_proportion)
    level = own.mean - report.margin if higher else own.mean + report.margin
    axes.axhline(level, color="#777777", linestyle="--", linewidth=1)
    axes.annotate(
        f"margin {report.margin:g}",
        (0.995, level),
        xycoords=("axes fraction", "data"),
        xytext=(0, -9),
        textcoords="offset points",
        ha="right",
        fontsize=7,
        color="#555555",
    )


def _reach(value: float, low: float | None, high: float | None) -> list[list[float]] | None:
    """Return how far an interval reaches down and up; None where an end is not known."""
    ends = [end for end in (low, high) if end is not None and abs(end) < float("inf")]
    if len(ends) < 2:
        return None
    return [[max(0.0, value - ends[0])], [max(0.0, ends[1] - value)]]


def _plain(name: str) -> str:
    return visible(abbreviate(name, _NAME_CHARACTERS))
