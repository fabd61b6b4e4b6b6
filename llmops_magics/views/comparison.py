"""How a run beside its baseline looks: differences with their intervals, and which cases moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block, style
from llmops_magics.views.format import (
    NOTHING,
    count,
    difference,
    difference_interval,
    number,
    plural,
)
from llmops_magics.views.markup import Markup, element, visible

if TYPE_CHECKING:
    from llmops_magics.evals.run import (
        ChanceFlips,
        ChanceReport,
        Comparison,
        ScoreDifference,
        SliceDifference,
    )

HEADS = ("change", "95% interval", "p (Holm)", "reading", "better", "worse")
MOST_SLICES = 20
_WORDS = {"better": "▲ higher", "worse": "▼ lower"}


def comparison_html(comparison: Comparison) -> Markup:
    """Show the differences of all scorers, and name the cases behind them."""
    heads = (block.head("scorer"), *difference_heads(), block.number_head("cases"))
    rows = [
        block.row(
            block.row_head(item.scorer),
            *difference_cells(item, is_proportion=item.is_proportion),
            block.number_cell(count(item.n)),
        )
        for item in comparison.differences
    ]
    return block.outer(
        block.heading(element("strong", _title(comparison))),
        block.subline(
            [plural(comparison.common_cases, "common case"), f"run {comparison.baseline_run_id}"]
        ),
        block.table("Candidate minus baseline, paired by case", heads, rows),
        *beside(comparison),
    )


def _title(comparison: Comparison) -> str:
    return f"{comparison.candidate_prompt} against {comparison.baseline_prompt}".strip()


def beside(comparison: Comparison) -> list[Markup]:
    """Show what stands under the differences: what is left out, chance, cases, slices."""
    return [*_left_out(comparison), *moved_cases(comparison), *_slices(comparison)]


def comparison_text(comparison: Comparison) -> str:
    """Return one line a scorer."""
    lines = [f"{_title(comparison)} on {plural(comparison.common_cases, 'common case')}"]
    lines += [
        f"  {item.scorer}  {difference_words(item, is_proportion=item.is_proportion)}"
        for item in comparison.differences
    ]
    lines += [] if comparison.differences else ["  The runs have no score in common."]
    lines += [f"  {words}" for words in notes(comparison)]
    return visible("\n".join(lines))


def difference_heads() -> tuple[Markup, ...]:
    """Head the columns that ``difference_cells`` fills."""
    change, interval, p_value, reading, *counts = HEADS
    return (
        block.number_head(change),
        block.number_head(interval),
        block.number_head(p_value),
        block.head(reading),
        *(block.number_head(name) for name in counts),
    )


def difference_cells(
    item: ScoreDifference | None, *, is_proportion: bool = False
) -> tuple[Markup, ...]:
    """Show one difference in the columns of ``difference_heads``."""
    if item is None:
        return tuple(block.number_cell(NOTHING) for _ in HEADS)
    interval = difference_interval(item.low, item.high, is_proportion=is_proportion)
    return (
        block.number_cell(difference(item.difference, is_proportion=is_proportion)),
        element("td", interval, style=style.NUMBER, title=_how(item)),
        element("td", probability(item.p_adjusted), style=style.NUMBER, title=_test(item)),
        block.cell(_reading(item)),
        block.number_cell(count(len(item.improved))),
        block.number_cell(count(len(item.regressed))),
    )


def difference_words(item: ScoreDifference, *, is_proportion: bool = False) -> str:
    """Say one difference in a line of text."""
    if item.difference is None:
        return "not compared: no case has it in both runs"
    change = difference(item.difference, is_proportion=is_proportion)
    if item.low is None:
        is_same = not (item.improved or item.regressed)
        return f"{change} vs baseline, {'the same in every case' if is_same else 'no interval'}"
    interval = difference_interval(item.low, item.high, is_proportion=is_proportion)
    p_value = f", p {probability(item.p_adjusted)}" if item.p_adjusted is not None else ""
    return (
        f"{change} ({interval}, {item.method}{p_value}) vs baseline, "
        f"{len(item.improved)} better, {len(item.regressed)} worse"
    )


def probability(p_value: float | None) -> str:
    """Show a p-value with two digits, and a tiny one as being below a bound."""
    if p_value is None:
        return NOTHING
    return "<0.001" if p_value < 0.001 else f"{p_value:.2g}"


def notes(comparison: Comparison) -> list[str]:
    """Say which cases were not compared, and how many would flip by chance alone."""
    found = []
    if not comparison.same_dataset:
        found.append("The runs are of different dataset versions: only common cases are compared.")
    parts = (
        (comparison.candidate_only, "in this run only"),
        (comparison.baseline_only, "in the baseline only"),
        (comparison.changed, "edited between the runs"),
    )
    left = [f"{plural(number, 'case')} {where}" for number, where in parts if number]
    if left:
        found.append(f"Not compared: {', '.join(left)}.")
    return found + [_flip_words(item, comparison.chance) for item in _with_chance(comparison)]


def _with_chance(comparison: Comparison) -> list[ScoreDifference]:
    chance = comparison.chance
    return [d for d in comparison.differences if chance is not None and chance.of(d.scorer)]


def _flip_words(item: ScoreDifference, chance: ChanceReport | None) -> str:
    flips = chance.of(item.scorer) if chance else None
    if flips is None or flips.rate is None:
        return f"{item.scorer}: how many cases flip by chance is not known."
    if not flips.is_proportion:
        return chance_spread(flips)
    moved = len(item.improved) + len(item.regressed)
    ends = [f"{(end or 0.0) * item.n:.0f}" for end in (flips.low, flips.high)]
    return (
        f"{item.scorer}: {moved} of {item.n} cases flipped; chance alone flips about "
        f"{flips.rate * item.n:.1f} ({ends[0]} to {ends[1]}), by an A/A run of {flips.n} cases."
    )


def chance_spread(flips: ChanceFlips) -> str:
    """Say how far a score moves between equal runs; that it moves at all says nothing."""
    return (
        f"{flips.scorer}: between equal runs a case moves by {number(flips.spread)} "
        f"(standard deviation, {flips.n} cases)"
    )


def _how(item: ScoreDifference | SliceDifference) -> str:
    error = getattr(item, "standard_error", None)
    groups = getattr(item, "groups", None)
    parts = [item.method]
    parts += [f"standard error {number(error)}"] if error is not None else []
    parts += [f"{groups} groups"] if groups is not None else []
    return ", ".join(part for part in parts if part)


def _test(item: ScoreDifference) -> str:
    if item.p_value is None:
        return "no test"
    return f"{item.test}, {probability(item.p_value)} before Holm's adjustment"


def _left_out(comparison: Comparison) -> list[Markup]:
    return [element("div", words, dir="auto", style=style.SMALL) for words in notes(comparison)]


def _slices(comparison: Comparison) -> list[Markup]:
    """Fold away the differences by tag, the surest first."""
    rows = [
        (item, one)
        for item in comparison.differences
        for one in sorted(item.slices, key=lambda s: (s.p_adjusted or 0.0, -s.n))[:MOST_SLICES]
    ]
    if not rows:
        return []
    heads = (
        block.head("scorer"), block.head("slice"), block.number_head("change"),
        block.number_head("95% interval"), block.number_head("p (Holm)"), block.head("reading"),
        block.number_head("cases"),
    )  # fmt: skip
    table = block.table("By slice", heads, [_slice_row(item, one) for item, one in rows])
    return [block.fold(f"by slice ({len(rows)})", table)]


def _slice_row(item: ScoreDifference, one: SliceDifference) -> Markup:
    unit = item.is_proportion
    interval = difference_interval(one.low, one.high, is_proportion=unit)
    return block.row(
        block.row_head(item.scorer),
        block.cell(one.tag),
        block.number_cell(difference(one.difference, is_proportion=unit)),
        element("td", interval, style=style.NUMBER, title=one.method),
        block.number_cell(probability(one.p_adjusted)),
        block.cell(_reading(one)),
        block.number_cell(count(one.n)),
    )


def moved_cases(comparison: Comparison) -> list[Markup]:
    """Name the cases that got worse or better, one line a scorer."""
    lines = [
        (item.scorer, word, cases)
        for item in comparison.differences
        for word, cases in (("worse", item.regressed), ("better", item.improved))
        if cases
    ]
    return [
        element("div", f"{scorer}, {word}: {block.names(cases)}", style=style.SMALL)
        for scorer, word, cases in lines
    ]


def _reading(item: ScoreDifference | SliceDifference) -> str:
    """Say whether it changed: by the verdict, or in a record without one by the interval."""
    if item.verdict:
        colour = {"better": style.GREEN, "worse": style.RED}.get(item.verdict)
        words = _WORDS.get(item.verdict, item.verdict)
        return block.badge(words, colour) if colour else words
    if item.low is None or item.high is None:
        return "not known"
    if item.low > 0:
        return block.badge("▲ higher", style.GREEN)
    return block.badge("▼ lower", style.RED) if item.high < 0 else "within noise"
