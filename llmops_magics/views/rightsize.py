"""How right-sizing looks: the verdict, quality against cost as a picture, and a row a model."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from llmops_magics.views import block, style
from llmops_magics.views.column import columns
from llmops_magics.views.format import (
    NOTHING,
    count,
    difference,
    difference_interval,
    duration,
    interval,
    money,
    plural,
    score,
)
from llmops_magics.views.markup import Markup, abbreviate, element, picture, visible

if TYPE_CHECKING:
    from llmops_magics.evals.rightsize import RightSize, SizedModel, SizeScore

_NAME_CHARACTERS = 60
_WORDS = {
    "non-inferior": "✓ not inferior",
    "inferior": "▼ inferior",
    "inconclusive": "? inconclusive",
    "reference": "reference",
}
_COLOURS = {
    "non-inferior": style.GREEN,
    "inferior": style.RED,
    "inconclusive": style.AMBER,
    "reference": style.BLUE,
}


def rightsize_html(report: RightSize) -> Markup:
    """Show the verdict, the picture and the table."""
    from llmops_magics.views.rightsize_plot import describe, draw

    heads = [
        block.marked_head("model"),
        block.number_head("cost a case"),
        *(block.number_head(abbreviate(name, _NAME_CHARACTERS)) for name in report.scorers),
        *map(block.number_head, ("p50", "p95", "errors")),
        block.head("verdict"),
        block.head("run"),
    ]
    drawn = draw(report)
    return block.outer(
        block.heading(
            block.badge(_verdict(report), _colour(report)),
            element("strong", abbreviate(report.chosen or "no model is chosen", _NAME_CHARACTERS)),
        ),
        block.subline(_terms(report)),
        element("div", report.reason, dir="auto"),
        *(element("div", words, dir="auto", style=style.SMALL) for words in _notes(report)),
        element("div", picture(drawn.png, describe(report), width=drawn.width), style=style.SCROLL)
        if drawn.png
        else None,
        block.table("The cheapest first", heads, [_row(report, model) for model in report.models]),
    )


def rightsize_text(report: RightSize) -> str:
    """Return the verdict, a line a model, and one for each difference."""
    heads = ("model", "cost/case", *report.scorers, "p50", "errors", "verdict", "run")
    cells = [
        (
            model.model,
            money(model.cost_per_case_usd),
            *(_short(model, name) for name in report.scorers),
            duration(model.latency_p50_ms),
            count(model.errors),
            _WORDS[model.verdict],
            model.run_id[-8:],
        )
        for model in report.models
    ]
    numbers = range(1, len(heads) - 2)
    lines = [f"{_verdict(report)}: {report.chosen or 'no model is chosen'}", report.reason]
    lines += [block.DOT.join(_terms(report)), *_notes(report), ""]
    lines += columns(heads, cells, numbers=numbers, fixed=(len(heads) - 1,), gives_way=0)
    differences = [
        f"  {model.model}  {own.scorer} {_change(own)} ({_bounds(own)}), {plural(own.n, 'case')}: "
        f"{_WORDS[own.verdict]}"
        for model in report.models
        for own in model.scores
        if own.difference is not None
    ]
    lines += [f"against {report.reference}, paired by case:", *differences] if differences else []
    return visible("\n".join(lines))


def _verdict(report: RightSize) -> str:
    return "✓ KEEP" if report.verdict == "KEEP" else block.verdict_words(report.verdict)


def _colour(report: RightSize) -> str:
    return style.BLUE if report.verdict == "KEEP" else block.verdict_colour(report.verdict)


def _terms(report: RightSize) -> list[str]:
    cases = max((model.cases for model in report.models), default=0)
    return [
        report.prompt,
        f"{report.dataset}, {plural(cases, 'case')}",
        f"margin {report.margin:g} below {report.reference}",
        f"differences at {report.confidence:.4g}",
        f"{money(report.spent_usd)} spent",
    ]


def _notes(report: RightSize) -> list[str]:
    notes = []
    saving = _saving(report)
    if saving:
        notes.append(saving)
    if report.route:
        notes.append(f"{report.route} was written into llmops.toml: it asks {_asks(report)}.")
    elif report.wanted_route:
        notes.append("No route was written: there is no verdict.")
    return notes


def _asks(report: RightSize) -> str:
    first, last = report.chosen, report.reference
    return first if first == last else f"{first}, and {last} where that fails"


def _saving(report: RightSize) -> str:
    if report.verdict != "PASS":
        return ""
    cost = report.of(report.chosen).cost_per_case_usd
    before = report.of(report.reference).cost_per_case_usd
    if cost is None or not before:
        return ""
    share = (before - cost) / before
    return f"It saves {money(before - cost)} a case, {share * Decimal(100):.0f}%."


def _row(report: RightSize, model: SizedModel) -> Markup:
    chosen = [" ", block.badge("chosen", style.GREEN)] if model.model == report.chosen else []
    return block.row(
        element(
            "th", abbreviate(model.model, _NAME_CHARACTERS), *chosen,
            scope="row", dir="auto", style=style.first_cell(_COLOURS[model.verdict]),
        ),
        _cost_cell(model),
        *(_score_cell(model, name) for name in report.scorers),
        block.number_cell(duration(model.latency_p50_ms)),
        block.number_cell(duration(model.latency_p95_ms)),
        block.number_cell(block.badge(f"! {model.errors:,}", style.AMBER) if model.errors else "0"),
        block.cell(block.badge(_WORDS[model.verdict], _COLOURS[model.verdict])),
        element("td", model.run_id[-8:], style=style.TIME, title=model.run_id),
    )  # fmt: skip


def _cost_cell(model: SizedModel) -> Markup:
    low, high = model.cost_low_usd, model.cost_high_usd
    ends = NOTHING if low is None or high is None else f"{_dollars(low)} to {_dollars(high)}"
    return element(
        "td",
        element("strong", money(model.cost_per_case_usd)),
        element("div", ends, style=style.SMALL),
        style=style.NUMBER,
    )


def _dollars(amount: float) -> str:
    return money(Decimal(repr(max(0.0, amount))))


def _score_cell(model: SizedModel, name: str) -> Markup:
    own = _score(model, name)
    if own is None:
        return block.number_cell(NOTHING)
    missing = f", {own.missing:,} missing" if own.missing else ""
    ends = interval(own.low, own.high, is_proportion=own.is_proportion)
    beside = []
    if own.difference is not None:
        words = f"{_change(own)} ({_bounds(own)})"
        beside.append(element("div", words, style=style.SMALL))
        beside.append(block.badge(_WORDS[own.verdict], _COLOURS[own.verdict]))
    return element(
        "td",
        element("strong", score(own.mean, is_proportion=own.is_proportion)),
        element("div", f"{ends}{missing}", style=style.SMALL),
        *beside,
        style=style.NUMBER,
    )


def _score(model: SizedModel, name: str) -> SizeScore | None:
    return next((own for own in model.scores if own.scorer == name), None)


def _short(model: SizedModel, name: str) -> str:
    own = _score(model, name)
    return NOTHING if own is None else score(own.mean, is_proportion=own.is_proportion)


def _change(own: SizeScore) -> str:
    return difference(own.difference, is_proportion=own.is_proportion)


def _bounds(own: SizeScore) -> str:
    return difference_interval(
        own.difference_low, own.difference_high, is_proportion=own.is_proportion
    )
