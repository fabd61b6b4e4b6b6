"""How blame looks: from version to version, what moved a metric and what was within noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block, effect, style
from llmops_magics.views.column import columns
from llmops_magics.views.format import moment, plural, score
from llmops_magics.views.markup import Markup, abbreviate, element, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_magics.evals.attribution.record import BlameStep, PromptBlame

MAX_NUMBERS = 20
_SHORT_CHARACTERS = 60
_MESSAGE_CHARACTERS = 200


def prompt_blame_html(blame: PromptBlame) -> Markup:
    """Show one row a step, the oldest first."""
    largest = effect.scale(step.effect for step in blame.steps[: block.MAX_ROWS])
    heads = [
        block.marked_head("step"),
        block.number_head("mean"),
        *effect.effect_heads(),
        *(block.head(title) for title in ("message", "who", "when")),
    ]
    rows = [_row(step, largest) for step in blame.steps[: block.MAX_ROWS]]
    metric = abbreviate(blame.metric, _SHORT_CHARACTERS)
    caption = f"Changes of {metric} from version to version, paired by case, the oldest first"
    return block.outer(
        block.heading(element("strong", blame.name), f"what moved {metric}"),
        block.subline([blame.dataset, blame.model, _amount(blame)]),
        block.table(caption, heads, rows) if rows else Markup(),
        block.more(len(blame.steps) - block.MAX_ROWS, "step"),
        *(element("div", line, style=style.SMALL) for line in _left_out(blame)),
    )


def prompt_blame_text(blame: PromptBlame) -> str:
    """Return one line a step."""
    largest = effect.scale(step.effect for step in blame.steps[: block.MAX_ROWS])
    rows = [
        (_step(step), _means(step), *effect.effect_text(step.effect, largest), step.message)
        for step in blame.steps[: block.MAX_ROWS]
    ]
    metric = abbreviate(blame.metric, _SHORT_CHARACTERS)
    where = [abbreviate(part, _SHORT_CHARACTERS) for part in (blame.dataset, blame.model)]
    lines = [block.DOT.join([f"{blame.name}: what moved {metric}", *where]), f"  {_amount(blame)}"]
    head = ("step", "mean", *effect.TEXT_HEADS, "message")
    lines += (
        columns(head, rows, numbers=(1, 2, 3), fixed=(4, 5), noun="step", total=len(blame.steps))
        if rows
        else []
    )
    lines += [f"  {line}" for line in _left_out(blame)]
    return visible("\n".join(lines))


def numbers(versions: Sequence[int]) -> str:
    """``@3, @4 and 20 more``."""
    shown = ", ".join(f"@{number}" for number in versions[:MAX_NUMBERS])
    rest = len(versions) - MAX_NUMBERS
    return f"{shown} and {rest:,} more" if rest > 0 else shown


def _row(step: BlameStep, largest: float) -> Markup:
    between = f"never measured: {numbers(step.unmeasured)}"
    return block.row(
        element(
            "th",
            element("span", _step(step), style="white-space:nowrap"),
            element("div", between, style=style.SMALL) if step.unmeasured else None,
            scope="row",
            style=style.first_cell(effect.effect_colour(step.effect)),
        ),
        block.number_cell(_means(step)),
        *effect.effect_cells(step.effect, largest),
        block.cell(block.folded(step.message, _MESSAGE_CHARACTERS)),
        block.cell(abbreviate(step.author, _SHORT_CHARACTERS)),
        element("td", moment(step.created_at)[:10], style=style.TIME, title=step.created_at),
    )


def _step(step: BlameStep) -> str:
    return f"@{step.before} → @{step.after}"


def _means(step: BlameStep) -> str:
    is_share = step.effect.is_proportion
    before, after = (score(m, is_proportion=is_share) for m in (step.mean_before, step.mean_after))
    return f"{before} → {after}"


def _amount(blame: PromptBlame) -> str:
    if not blame.steps:
        return "nothing to compare: fewer than two measured versions"
    moved = [step for step in blame.steps if step.effect.verdict in ("better", "worse")]
    return f"{len(moved):,} of {plural(len(blame.steps), 'step')} beyond noise"


def _left_out(blame: PromptBlame) -> list[str]:
    lines = []
    if blame.unmeasured:
        lines.append(f"never measured on this dataset and model: {numbers(blame.unmeasured)}")
    if blame.other_evals:
        other = plural(blame.other_evals, "eval run")
        lines.append(f"left out: {other} on other datasets, models or scorers")
    return lines
