"""How a list of eval runs looks: how each ended, what it found, and how one goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block, style
from llmops_magics.views.column import columns
from llmops_magics.views.format import count, moment, plural, score, total_money
from llmops_magics.views.markup import Markup, abbreviate, element, join, visible

if TYPE_CHECKING:
    from llmops_magics.evals.run_list import ListedRun, RunList

_MARKS = {
    "finished": ("✓ finished", style.GREEN),
    "running": ("… running", style.BLUE),
    "interrupted": ("■ interrupted", style.AMBER),
}
_NAME_CHARACTERS = 60
_SCORES = 4
_SHORT_ID = 8


def eval_run_list_html(listed: RunList) -> Markup:
    """Show one row a run, the newest first."""
    runs = listed.runs[: block.MAX_ROWS]
    heads = [
        *(block.head(name) for name in ("run", "status", "target", "model", "dataset")),
        block.number_head("samples"),
        block.head("scores"),
        block.number_head("cost"),
        block.head("started"),
    ]
    return block.outer(
        block.heading(element("strong", _amount(listed))),
        block.table("The newest first", heads, map(_row, runs)) if runs else Markup(),
        block.more(len(listed.runs) - len(runs), "run"),
        *(element("div", words, dir="auto", style=style.SMALL) for words in _hints(listed)),
    )


def eval_run_list_text(listed: RunList) -> str:
    """Return one line a run."""
    heads = ("run", "status", "target", "model", "samples", "cost", "started", "scores")
    rows = [
        (
            run.run_id[-_SHORT_ID:],
            run.status,
            run.target,
            run.model,
            _samples(run),
            _cost(run),
            moment(run.started_at)[:16],
            _scores(run),
        )
        for run in listed.runs[: block.MAX_ROWS]
    ]
    shown = columns(heads, rows, numbers=(4, 5), fixed=(0, 1, 2, 6)) if rows else []
    return visible("\n".join([_amount(listed), *shown, *(f"  {w}" for w in _hints(listed))]))


def _amount(listed: RunList) -> str:
    shown = len(listed.runs)
    if shown == listed.total:
        return plural(shown, "eval run")
    return f"{shown:,} of {plural(listed.total, 'eval run')}"


def _row(run: ListedRun) -> Markup:
    words, colour = _MARKS.get(run.status, (run.status, style.GREY))
    failed = [" ", block.badge(f"! {plural(run.errors, 'error')}", style.AMBER)]
    return block.row(
        element(
            "th", run.run_id[-_SHORT_ID:],
            scope="row", title=run.run_id, style=style.first_cell(colour),
        ),
        block.cell(block.badge(words, colour)),
        block.cell(abbreviate(run.target, _NAME_CHARACTERS)),
        block.cell(abbreviate(run.model, _NAME_CHARACTERS)),
        element("td", abbreviate(run.dataset, 40), style=style.CELL, title=run.dataset_digest),
        block.number_cell(join([_samples(run), *(failed if run.errors else [])])),
        block.cell(_scores(run)),
        block.number_cell(_cost(run)),
        element("td", moment(run.started_at)[:16], style=style.TIME, title=run.started_at),
    )  # fmt: skip


def _samples(run: ListedRun) -> str:
    return count(run.done) if run.done == run.planned else f"{run.done:,} of {run.planned:,}"


def _scores(run: ListedRun) -> str:
    shown = [
        f"{abbreviate(item.scorer, 30)} {score(item.mean, is_proportion=item.is_proportion)}"
        for item in run.scores[:_SCORES]
    ]
    rest = len(run.scores) - len(shown)
    return ", ".join([*shown, f"and {rest} more"] if rest else shown)


def _cost(run: ListedRun) -> str:
    if run.cost_usd is None:
        return ""
    return total_money(run.cost_usd, run.unpriced_samples, "answer").partition(" (")[0]


def _hints(listed: RunList) -> list[str]:
    """Say how the newest run that was broken off goes on."""
    broken = next((run for run in listed.runs if run.status == "interrupted"), None)
    return [f"%llm_eval --resume {broken.run_id} goes on from there."] if broken else []
