"""How a difference with its interval looks: in words, and as a bar around zero."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from llmops_magics.views import block, style
from llmops_magics.views.format import NOTHING, count, difference, difference_interval
from llmops_magics.views.markup import Markup, element

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llmops_magics.evals.attribution.record import Effect

HEADS = ("change", "interval", "around zero", "reading", "cases")
TEXT_HEADS = ("change", "interval", "around zero", "reading")
_TEXT_PLACES = 13  # odd, so that zero has a place of its own
_READINGS = {"better": "▲ better", "worse": "▼ worse", "not measured": "? not measured"}
_COLOURS = {"better": style.GREEN, "worse": style.RED, "not measured": style.AMBER}


def scale(effects: Iterable[Effect]) -> float:
    """Return the largest distance from zero, which the bars of one table share."""
    ends = [end for e in effects for end in (e.difference, e.low, e.high) if end is not None]
    return max((abs(end) for end in ends if isfinite(end)), default=0.0) or 1.0


def effect_heads() -> tuple[Markup, ...]:
    """Head the columns that ``effect_cells`` fills."""
    change, interval, bar, reading, cases = HEADS
    return (
        block.number_head(change),
        block.number_head(interval),
        block.head(bar),
        block.head(reading),
        block.number_head(cases),
    )


def effect_cells(effect: Effect, largest: float) -> tuple[Markup, ...]:
    """Show one effect; ``largest`` is the ``scale`` of its table."""
    change, interval, reading = effect_words(effect)
    badge = block.badge(reading, effect_colour(effect))
    words = element("span", reading, style=style.NOWRAP)
    title = f"{effect.method}, at {effect.confidence:.3g} confidence"
    return (
        block.number_cell(change),
        element("td", interval, style=style.NUMBER, title=title),
        block.cell(_bar(effect, largest)),
        block.cell(words if effect.verdict == "within noise" else badge),
        block.number_cell(count(effect.n)),
    )


def effect_words(effect: Effect) -> tuple[str, str, str]:
    """Return the difference, its interval and the verdict in words."""
    unit = effect.is_proportion
    return (
        difference(effect.difference, is_proportion=unit),
        difference_interval(effect.low, effect.high, is_proportion=unit),
        _READINGS.get(effect.verdict, effect.verdict),
    )


def effect_text(effect: Effect, largest: float) -> tuple[str, str, str, str]:
    """Return the columns of ``TEXT_HEADS`` for a terminal."""
    change, interval, reading = effect_words(effect)
    return change, interval, _text_bar(effect, largest), reading


def effect_colour(effect: Effect) -> str:
    """Return the tint of a verdict."""
    return _COLOURS.get(effect.verdict, style.GREY)


def confidence_words(effect: Effect) -> str:
    """``95% interval``, or the wider one of several comparisons."""
    return f"{effect.confidence * 100:.4g}% interval"


def _bar(effect: Effect, largest: float) -> Markup:
    """Draw the interval on a line with zero in its middle, ticked above and below the bar."""
    if effect.low is None or effect.high is None or not isfinite(effect.low + effect.high):
        return element("span", NOTHING, style=style.MUTED)
    low, high = _place(effect.low, largest), _place(effect.high, largest)
    found = effect.difference
    at = _place(found if found is not None and isfinite(found) else effect.low, largest)
    colour = effect_colour(effect)
    tick = element("div", style=style.ZERO_TICK)
    inside = (at - low) / (high - low) if high > low else 0.0
    point = f"margin-left:{min(max(inside, 0.0), 1.0):.1%};width:3px;height:7px;"
    point += f"background-color:{style.tint(colour, 1)}"
    return element(
        "div",
        tick,
        block.bar(
            low, high - low, colour, height=7, opacity=0.4, inner=element("div", style=point)
        ),
        tick,
        title=" to ".join(f"{end:.3g}" for end in (effect.low, effect.high)),
        style=style.EFFECT_BAR,
    )


def _text_bar(effect: Effect, largest: float) -> str:
    """Draw ``[··├──●─┤│····]``: the interval, the difference in it, and zero."""
    if effect.low is None or effect.high is None or not isfinite(effect.low + effect.high):
        return ""
    last = _TEXT_PLACES - 1
    places = ["·"] * _TEXT_PLACES
    places[last // 2] = "│"
    low, high = (round(_place(end, largest) * last) for end in (effect.low, effect.high))
    for index in range(low, high + 1):
        places[index] = "┼" if index == last // 2 else "─"
    places[low], places[high] = "├", "┤"
    if effect.difference is not None and isfinite(effect.difference):
        places[round(_place(effect.difference, largest) * last)] = "●"
    return f"[{''.join(places)}]"


def _place(value: float, largest: float) -> float:
    """Return where a value stands between the left end and the right, as a fraction."""
    return min(max(0.5 + value / largest / 2, 0.0), 1.0)
