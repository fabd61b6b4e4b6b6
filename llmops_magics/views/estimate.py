"""How the plan of an eval looks: two lines before the first request, a table where asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block, style
from llmops_magics.views.column import columns
from llmops_magics.views.format import (
    UNKNOWN,
    count,
    difference,
    duration,
    money,
    plural,
)
from llmops_magics.views.markup import Markup, abbreviate, element, visible

if TYPE_CHECKING:
    from llmops_magics.evals.estimate import EvalEstimate
    from llmops_magics.evals.planned_run import Figure, PlannedRun
    from llmops_magics.evals.sensitivity import Sensitivity

HEADS = ("target", "model", "calls", "stored", "judge calls", "tokens in", "out", "cost", "time")
TEXT_HEADS = ("target", "model", "calls", "stored", "judged", "in", "out", "cost", "time")
_NUMBERS = range(2, len(HEADS))
_SHOWN_SCORES = 3


def plan_lines(planned: EvalEstimate) -> list[str]:
    """Return the plan in two lines: what it takes, and what it can show."""
    return [visible(line) for line in (_takes(planned), _shows(planned))]


def eval_estimate_text(planned: EvalEstimate) -> str:
    """Return the plan, a line a run, and where each figure comes from."""
    lines, rows = plan_lines(planned), [_cells(run) for run in planned.runs]
    lines += ["", *columns(TEXT_HEADS, rows, numbers=_NUMBERS, gives_way=0)]
    lines += [f"  {words}" for words in _sources(planned)]
    return visible("\n".join(lines))


def eval_estimate_html(planned: EvalEstimate) -> Markup:
    """Show the totals, a table of the runs, and what the cases can show."""
    heads = [block.head(HEADS[0]), block.head(HEADS[1]), *map(block.number_head, HEADS[2:])]
    return block.outer(
        block.heading(element("strong", "Plan"), block.badge("nothing was run", style.GREY)),
        block.subline(_totals(planned)),
        block.table(_caption(planned), heads, [_row(run) for run in planned.runs]),
        element("div", _shows(planned), dir="auto", style=style.SMALL),
        *(element("div", words, dir="auto", style=style.SMALL) for words in _sources(planned)),
    )


def _takes(planned: EvalEstimate) -> str:
    models = list(dict.fromkeys(run.model for run in planned.runs if run.model))
    of = f" of {block.names(models, 3)}" if models else ""
    calls, *rest = _totals(planned)
    return f"Plan: {block.DOT.join([calls + of, *(part for part in rest if part)])}"


def _totals(planned: EvalEstimate) -> list[str]:
    judge = f" of {planned.judge_model}" if planned.judge_model else ""
    stored = f" ({count(planned.cached)} stored already)" if planned.cached else ""
    if planned.cached == planned.calls:
        stored = ", every answer stored already"
    known = planned.seconds is not None
    return [
        plural(planned.calls, "call") + stored,
        f"up to {plural(planned.judge_calls, 'judge call')}{judge}" if planned.judge_calls else "",
        f"{_tokens(planned.input_tokens)} in / {_tokens(planned.output_tokens)} out tokens",
        _cost(planned),
        ""
        if planned.seconds == 0
        else _time(planned.seconds) + (" and judging" if known and planned.judge_calls else ""),
    ]


def _cost(planned: EvalEstimate | PlannedRun) -> str:
    """Say the cost, or that it is not known and how much of it is."""
    if planned.cost_usd is not None:
        return money(planned.cost_usd) if planned.cost_usd == 0 else f"≈ {money(planned.cost_usd)}"
    return (
        f"cost unknown, at least {money(planned.floor_usd)}"
        if planned.floor_usd
        else ("cost unknown")
    )


def _time(seconds: float | None) -> str:
    return "time unknown" if seconds is None else f"≈ {duration(seconds * 1000)}"


def _tokens(number: float | None) -> str:
    """Round to two digits: an estimate has no more."""
    if number is None:
        return UNKNOWN
    return f"≈ {float(f'{number:.2g}'):,.0f}" if number else "0"


def _shows(planned: EvalEstimate) -> str:
    cases = plural(planned.cases, "case")
    times = f" \N{MULTIPLICATION SIGN} {planned.repeats}" if planned.repeats > 1 else ""
    shown = planned.sensitivity[:_SHOWN_SCORES]
    rest = len(planned.sensitivity) - len(shown)
    more = f" and {rest} more" if rest else ""
    sources = ", ".join(dict.fromkeys(score.source for score in shown))
    if all(score.difference is None for score in shown):
        return f"{planned.dataset}, {cases}{times}: too few to show a difference"
    sees = ", ".join(map(_sees, shown))
    return f"{planned.dataset}, {cases}{times}: smallest difference shown {sees}{more} ({sources})"


def _sees(score: Sensitivity) -> str:
    size = difference(score.difference, is_proportion=score.is_proportion).removeprefix("+")
    shown = "none (too few cases)" if score.difference is None else size
    return f"{abbreviate(score.scorer, 40)} {shown}".strip()


def _caption(planned: EvalEstimate) -> str:
    times = f", {plural(planned.repeats, 'answer')} a case" if planned.repeats > 1 else ""
    scorers = f", scored by {block.names(planned.scorers, 10)}" if planned.scorers else ""
    return f"{planned.dataset}, {plural(planned.cases, 'case')}{times}{scorers}"


def _cells(run: PlannedRun) -> tuple[str, ...]:
    return (
        _target(run),
        run.model,
        count(run.calls),
        count(run.cached) if run.cached is not None else "",
        count(run.judge_calls) if run.judge_calls else "",
        _tokens(run.input_tokens.value),
        _tokens(run.output_tokens.value),
        _short_cost(run),
        _time(run.seconds.value).removeprefix("time "),
    )


def _short_cost(run: PlannedRun) -> str:
    if run.cost_usd is None:
        return f"over {money(run.floor_usd)}" if run.floor_usd else UNKNOWN
    return _cost(run)


def _row(run: PlannedRun) -> Markup:
    target, model, calls, cached, judged, *_ = _cells(run)
    return block.row(
        block.row_head(target),
        block.cell(abbreviate(model, 60)),
        *(block.number_cell(text) for text in (calls, cached, judged)),
        _figure(_tokens(run.input_tokens.value), run.input_tokens),
        _figure(_tokens(run.output_tokens.value), run.output_tokens),
        element("td", _short_cost(run), style=style.NUMBER, title=run.cost_source),
        _figure(_time(run.seconds.value).removeprefix("time "), run.seconds),
    )


def _figure(shown: str, figure: Figure) -> Markup:
    return element("td", shown, style=style.NUMBER, title=figure.source)


def _target(run: PlannedRun) -> str:
    settings = ", ".join(f"{name}={block.plain(value)}" for name, value in run.settings.items())
    return abbreviate(f"{run.target} {settings}".strip(), 60)


def _sources(planned: EvalEstimate) -> list[str]:
    """Say once where each kind of figure comes from."""
    kinds = {
        "tokens in": [run.input_tokens.source for run in planned.runs],
        "tokens out": [run.output_tokens.source for run in planned.runs],
        "cost": [run.cost_source for run in planned.runs],
        "time": [run.seconds.source for run in planned.runs],
    }
    by_source: dict[str, list[str]] = {}
    for kind, sources in kinds.items():
        by_source.setdefault("; ".join(dict.fromkeys(s for s in sources if s)), []).append(kind)
    return [f"{', '.join(names)}: {source}" for source, names in by_source.items() if source]
