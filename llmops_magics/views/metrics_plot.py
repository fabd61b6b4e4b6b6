"""The plots of metrics: latency over time, calls and errors over time, cost by model."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from llmops_magics.views import plot
from llmops_magics.views.format import count, duration, moment, money, plural
from llmops_magics.views.markup import abbreviate, visible
from llmops_magics.views.plot import Plot, draw, time_ticks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llmops_magics.monitoring.metrics import CallMetrics, Metrics, Moment

_MODELS = 8
_MODEL_CHARACTERS = 34


def plots(metrics: Metrics) -> Iterator[Plot]:
    """Yield what the metrics have something to show for."""
    if any(step.p50_ms is not None for step in metrics.moments):
        yield latency_plot(metrics)
    yield calls_plot(metrics)
    if any(model.cost_usd for model in metrics.models):
        yield cost_plot(metrics)


def latency_plot(metrics: Metrics) -> Plot:
    """Draw p50 and p95 over time; a step without calls leaves a gap."""
    steps, total = metrics.moments, metrics.total
    worst = max((s for s in steps if s.p95_ms is not None), key=lambda s: s.p95_ms or 0.0)
    unit_ms, unit = (1000.0, "s") if (worst.p95_ms or 0) >= 2000 else (1.0, "ms")
    words = (
        f"Latency over time, {_span(metrics)}. Overall p50 {duration(total.p50_ms)}, "
        f"p95 {duration(total.p95_ms)}; the highest p95, {duration(worst.p95_ms)}, "
        f"is at {moment(worst.at)}."
    )

    def paint(axes: Any) -> None:
        lows = [_in(step.p50_ms, unit_ms) for step in steps]
        highs = [_in(step.p95_ms, unit_ms) for step in steps]
        places = range(len(steps))
        look = {"linewidth": 1.8, "marker": "o", "markersize": 3.2, "solid_capstyle": "round"}
        axes.fill_between(places, lows, highs, color=plot.BLUE, alpha=0.10, linewidth=0)
        axes.plot(places, highs, color=plot.ORANGE, label="p95", linestyle=(0, (4, 1.5)), **look)
        axes.plot(places, lows, color=plot.BLUE, label="p50", **look)
        axes.set_ylim(bottom=0)
        _legend(axes)
        time_ticks(axes, _labels(steps, metrics.step_s))

    return draw(f"Latency ({unit}) every {_step(metrics.step_s)}, UTC", words, paint)


def calls_plot(metrics: Metrics) -> Plot:
    """Draw calls as bars, errors as the part of them that failed."""
    steps, total = metrics.moments, metrics.total
    busiest = max(steps, key=lambda step: step.calls)
    words = (
        f"Calls and errors over time, {_span(metrics)}. {plural(total.calls, 'call')}, "
        f"{plural(total.errors, 'error')}; most calls, {count(busiest.calls)}, "
        f"at {moment(busiest.at)}."
    )

    def paint(axes: Any) -> None:
        from matplotlib.ticker import FuncFormatter, MaxNLocator

        places = range(len(steps))
        good = [step.calls - step.errors for step in steps]
        bad = [step.errors for step in steps]
        axes.bar(places, good, color=plot.LIGHT, width=0.8, label="answered")
        axes.bar(places, bad, bottom=good, color=plot.RED, width=0.8, label="errors", hatch="////",
                 edgecolor=plot.PAPER, linewidth=0)  # fmt: skip
        axes.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        axes.set_ylim(top=max(busiest.calls * 1.15, 1))
        _legend(axes)
        time_ticks(axes, _labels(steps, metrics.step_s))

    return draw(f"Calls every {_step(metrics.step_s)}, UTC", words, paint)


def cost_plot(metrics: Metrics) -> Plot:
    """Draw the known cost of each model; a bar that lacks prices says so."""
    ranked = sorted(metrics.models, key=lambda model: model.cost_usd, reverse=True)
    shown, rest = ranked[:_MODELS], ranked[_MODELS:]
    bars = [(_model(model), model.cost_usd, bool(model.unpriced_calls)) for model in shown]
    if rest:
        others = sum((model.cost_usd for model in rest), Decimal(0))
        bars.append((plural(len(rest), "other"), others, any(m.unpriced_calls for m in rest)))
    told = "; ".join(f"{name} {_cost(cost, lacks)}" for name, cost, lacks in bars)
    words = f"Cost by model, {_span(metrics)}: {told}."

    def paint(axes: Any) -> None:
        places = range(len(bars))
        axes.barh(places, [float(cost) for _, cost, _ in bars], color=plot.BLUE, height=0.55)
        for place, (_, cost, lacks) in enumerate(bars):
            axes.annotate(
                _cost(cost, lacks), (float(cost), place), xytext=(5, 0),
                textcoords="offset points", va="center", fontsize=8, color=plot.INK,
            )  # fmt: skip
        axes.set_yticks(places, [name for name, _, _ in bars], color=plot.INK)
        axes.set_ylim(len(bars) - 0.4, -0.6)
        axes.set_xlim(0, max(float(max(cost for _, cost, _ in bars)) * 1.22, 1e-9))
        axes.set_xticks([])
        axes.grid(visible=False)
        axes.spines["bottom"].set_visible(False)

    return draw("Cost by model (US dollars)", words, paint, height_px=60 + 26 * len(bars))


def _legend(axes: Any) -> None:
    axes.legend(
        loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, frameon=False, fontsize=8,
        labelcolor=plot.INK, borderaxespad=0.3, handlelength=1.8, columnspacing=1.2,
    )  # fmt: skip


def _in(value: float | None, unit_ms: float) -> float:
    return float("nan") if value is None else value / unit_ms


def _span(metrics: Metrics) -> str:
    return f"{moment(metrics.since)} to {moment(metrics.until)}"


def _labels(steps: Sequence[Moment], step_s: int) -> list[str]:
    """Name each step by what changes from one to the next: the day, or the time of day."""
    if step_s >= 86_400:
        return [step.at[:10] for step in steps]
    days = {step.at[:10] for step in steps}
    return [
        step.at[11:16] if len(days) <= 1 else f"{step.at[5:10]}\n{step.at[11:16]}" for step in steps
    ]


def _step(step_s: int) -> str:
    for size, name in ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        if step_s >= size:
            number = step_s // size
            return name if number == 1 else f"{number} {name}s"
    return f"{step_s} seconds"


def _model(model: CallMetrics) -> str:
    return visible(abbreviate(model.key, _MODEL_CHARACTERS))


def _cost(cost: Decimal, lacks: bool) -> str:
    if not lacks:
        return money(cost)
    return f"at least {money(cost)}" if cost else "unknown"
