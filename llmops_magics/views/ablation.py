"""How an ablation looks: the parts of a change, and what each does when it is made alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block, effect, style
from llmops_magics.views.bisection import eval_words
from llmops_magics.views.column import columns, indented
from llmops_magics.views.difference import unified_text, words
from llmops_magics.views.format import NOTHING, difference, plural, score
from llmops_magics.views.lines import LineDifference
from llmops_magics.views.markup import Markup, abbreviate, element, visible

if TYPE_CHECKING:
    from llmops_magics.evals.attribution.record import AblatedHunk, PromptAblation

_SHORT_CHARACTERS = 60
_REASON_CHARACTERS = 300


def prompt_ablation_html(ablation: PromptAblation) -> Markup:
    """Show one row a part with the words it changes, the largest effect first."""
    hunks = ablation.hunks
    largest = _scale(ablation)
    heads = [
        block.marked_head("part"),
        block.number_head("mean"),
        *effect.effect_heads(),
        block.head("eval"),
        block.head("what it changes"),
    ]
    rows = [_whole_row(ablation, largest)]
    rows += [_row(number, hunk, largest) for number, hunk in _numbered(ablation)]
    caption = f"Each part alone on {abbreviate(ablation.base, _SHORT_CHARACTERS)}, paired by case"
    return block.outer(
        block.heading(element("strong", f"{ablation.base} → {ablation.ref}"), "part by part"),
        block.subline(_subject(ablation)),
        block.table(caption, heads, rows, wide=True),
        block.more(len(hunks) - len(rows) + 1, "part"),
        element("div", _interaction(ablation), style=style.SECTION),
        *_skipped(ablation),
    )


def prompt_ablation_text(ablation: PromptAblation) -> str:
    """Return one line a part, then the lines that each part changes."""
    largest = _scale(ablation)
    whole = (
        "whole",
        _mean(ablation.whole_mean, ablation),
        *effect.effect_text(ablation.whole, largest),
    )
    rows = [(*whole, "", "all parts together")]
    rows += [
        (
            f"{number}",
            _mean(hunk.mean, ablation),
            *effect.effect_text(hunk.effect, largest),
            eval_words(reused=hunk.reused),
            hunk.field,
        )
        for number, hunk in _numbered(ablation)
    ]
    lines = [f"{ablation.base} → {ablation.ref}, part by part"]
    lines += [f"  {block.DOT.join(_subject(ablation))}"]
    head = ("part", "mean", *effect.TEXT_HEADS, "eval", "what")
    lines += columns(head, rows, numbers=(0, 1, 2, 3), fixed=(4, 5, 6))
    rest = len(ablation.hunks) - len(rows) + 1
    lines += [f"  and {plural(rest, 'more part')} in the record"] if rest > 0 else []
    lines.append(f"  {_interaction(ablation)}")
    lines += [f"  left out: {abbreviate(why, _REASON_CHARACTERS)}" for why in ablation.skipped]
    for number, hunk in _numbered(ablation):
        changed = unified_text(LineDifference(hunk.before, hunk.after), context=0)
        lines += [f"  part {number}, {hunk.field}:", indented(changed)]
    return visible("\n".join(lines))


def _whole_row(ablation: PromptAblation, largest: float) -> Markup:
    look = style.first_cell(effect.effect_colour(ablation.whole))
    return block.row(
        element("th", "all together", scope="row", style=look),
        block.number_cell(_mean(ablation.whole_mean, ablation)),
        *effect.effect_cells(ablation.whole, largest),
        block.cell(),
        block.cell(abbreviate(ablation.ref, _SHORT_CHARACTERS)),
    )


def _row(number: int, hunk: AblatedHunk, largest: float) -> Markup:
    field = abbreviate(hunk.field, _SHORT_CHARACTERS)
    changed = element("div", words(hunk.before, hunk.after), dir="auto", style=style.HUNK)
    return block.row(
        element(
            "th",
            element("div", f"{number}{block.DOT}{field}", style=style.NOWRAP),
            scope="row",
            style=style.first_cell(effect.effect_colour(hunk.effect)),
        ),
        block.number_cell(score(hunk.mean, is_proportion=hunk.effect.is_proportion)),
        *effect.effect_cells(hunk.effect, largest),
        block.cell(
            element("span", eval_words(reused=hunk.reused), style=f"{style.SMALL};{style.NOWRAP}")
        ),
        block.cell(changed),
    )


def _numbered(ablation: PromptAblation) -> list[tuple[int, AblatedHunk]]:
    """Return the parts that are shown, numbered; the row of the whole counts too."""
    return list(enumerate(ablation.hunks[: block.MAX_ROWS - 1], 1))


def _scale(ablation: PromptAblation) -> float:
    return effect.scale([ablation.whole, *(hunk.effect for hunk in ablation.hunks)])


def _mean(value: float | None, ablation: PromptAblation) -> str:
    return score(value, is_proportion=ablation.whole.is_proportion)


def _subject(ablation: PromptAblation) -> list[str]:
    metric = abbreviate(ablation.metric, _SHORT_CHARACTERS)
    return [
        f"{metric} {_mean(ablation.base_mean, ablation)} → {_mean(ablation.whole_mean, ablation)}",
        abbreviate(ablation.dataset, _SHORT_CHARACTERS),
        abbreviate(ablation.model, _SHORT_CHARACTERS),
        effect.confidence_words(ablation.whole),
        f"{plural(ablation.evals_run, 'eval')} run, {ablation.evals_reused:,} stored",
    ]


def _interaction(ablation: PromptAblation) -> str:
    shown = difference(ablation.interaction, is_proportion=ablation.whole.is_proportion)
    if shown == NOTHING:
        return "interaction: not known, as a part has no mean"
    return f"interaction (the whole less the sum of its parts): {shown}"


def _skipped(ablation: PromptAblation) -> list[Markup]:
    if not ablation.skipped:
        return []
    shown = [abbreviate(why, _REASON_CHARACTERS) for why in ablation.skipped[: block.MAX_ROWS]]
    title = f"left out: {plural(len(ablation.skipped), 'part')} that cannot stand alone"
    rest = len(ablation.skipped) - len(shown)
    return [block.fold(title, block.bullets(shown), block.more(rest, "part"), is_open=True)]
