"""How the plan of a sweep looks: what is to be embedded, how long it takes, and what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block, style
from llmops_magics.views.column import columns
from llmops_magics.views.format import count, duration, money, plural
from llmops_magics.views.markup import Markup, abbreviate, element, visible

if TYPE_CHECKING:
    from llmops_magics.evals.retrieval.sweep.record import PlannedTrial, SweepPlan

MOST_ROWS = 60
_NAME = 60
_FEW_LINES = 16


def retrieval_sweep_plan_html(plan: SweepPlan) -> Markup:
    """Show the totals, and a row a pair of chunker and embedder."""
    heads = [
        block.head("chunker"), block.head("embedding"),
        *map(block.number_head, ("chunks", "too long", "texts", "to embed", "tokens", "cost")),
    ]  # fmt: skip
    rows = [
        block.row(
            block.row_head(cells[0]), block.cell(cells[1]), *map(block.number_cell, cells[2:])
        )
        for cells in map(_planned, plan.trials[:MOST_ROWS])
    ]
    return block.outer(
        block.heading(element("strong", "Plan"), block.badge("nothing was searched", style.GREY)),
        block.subline(_plan_totals(plan)),
        block.table("What is cut once and embedded once", heads, rows),
        block.more(len(plan.trials) - MOST_ROWS, "pair"),
        *(
            element("div", words, dir="auto", style=style.SMALL)
            for words in plan.remarks[:_FEW_LINES]
        ),
    )


def retrieval_sweep_plan_text(plan: SweepPlan) -> str:
    """Return the totals, and a line a pair of chunker and embedder."""
    heads = ("chunker", "embedding", "chunks", "too long", "texts", "to embed", "tokens", "cost")
    lines = [f"Plan: {block.DOT.join(part for part in _plan_totals(plan) if part)}", ""]
    lines += columns(heads, list(map(_planned, plan.trials)), numbers=range(2, 8), gives_way=0)
    return visible("\n".join([*lines, *plan.remarks[:_FEW_LINES]]))


def _plan_totals(plan: SweepPlan) -> list[str]:
    took = "time not known" if plan.seconds is None else f"about {duration(1000 * plan.seconds)}"
    texts = plural(plan.missing, "text")
    cost = plan.cost_usd
    return [
        abbreviate(plan.corpus, _NAME),
        plural(plan.configurations, "configuration"),
        f"{plan.query_count:,} queries",
        plural(sum(trial.chunks for trial in plan.trials), "chunk"),
        f"{texts} to embed, {took}" if plan.missing else "every vector is there already",
        "" if cost == 0 else "cost not known" if cost is None else f"about {money(cost)}",
    ]


def _planned(trial: PlannedTrial) -> tuple[str, ...]:
    return (
        abbreviate(trial.chunker, _NAME),
        abbreviate(trial.embedding, _NAME),
        *map(count, (trial.chunks, trial.too_long, trial.texts, trial.missing, trial.tokens)),
        money(trial.cost_usd),
    )
