"""How a red team run looks: how many attacks succeeded, a row a family, then the attacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block, style
from llmops_magics.views.column import columns
from llmops_magics.views.format import (
    NOTHING,
    difference,
    difference_interval,
    interval,
    plural,
    score,
    total_money,
)
from llmops_magics.views.markup import Markup, abbreviate, element, visible

if TYPE_CHECKING:
    from llmops_magics.evals.redteam.report import AttackResult, FamilyResult, RedteamReport

_NAME_CHARACTERS = 60
_TEXT_LINES = 5  # attacks in the plain text
_COLOURS = {"better": style.GREEN, "worse": style.RED}
_MARKS = {"better": "▲ better", "worse": "▼ worse"}
_OUTCOMES = {
    "succeeded": ("✗ succeeded", style.RED),
    "undecided": ("? undecided", style.AMBER),
}


def redteam_report_html(report: RedteamReport) -> Markup:
    """Show the verdict on all attacks, the families, and every attack that needs a look."""
    shown = report.attacks[: block.MAX_ROWS]
    return block.outer(
        block.heading(
            block.badge(_verdict(report.total), _colour(report.total)),
            element("strong", abbreviate(report.target, _NAME_CHARACTERS), dir="auto"),
        ),
        block.subline(_terms(report)),
        *(element("div", words, dir="auto", style=style.SMALL) for words in _notes(report)),
        block.table(
            _caption(report.total),
            _heads(report),
            [_row(report, each) for each in _rows(report)],
        ),
        _attacks(shown),
        block.more(len(report.attacks) - len(shown), "attack"),
        block.hint(_review(report)) if report.attacks else None,
    )


def redteam_report_text(report: RedteamReport) -> str:
    """Return the verdict, a line a family, and the first attacks."""
    heads = ["family", "attacks", "succeeded", "rate", "95%", "undecided"]
    cells = [list(_cells(each)) for each in _rows(report)]
    if report.baseline_run_id:
        heads += ["change", "verdict"]
        for row, each in zip(cells, _rows(report), strict=True):
            row += [difference(each.difference, is_proportion=True), each.verdict]
    lines = [f"{_verdict(report.total)}: {report.target}", block.DOT.join(_terms(report))]
    lines += [
        *_notes(report),
        "",
        *columns(heads, cells, numbers=(1, 2, 3, 5, 6), fixed=(4,), gives_way=0),
    ]
    if report.attacks:
        lines += ["", f"attacks ({len(report.attacks):,} in the record):"]
    for attack in report.attacks[:_TEXT_LINES]:
        lines.append(f"  {_OUTCOMES[attack.outcome][0]}  {attack.case_id}  {attack.reason}")
    lines += ["", _review(report).replace("`", "")] if report.attacks else []
    return visible("\n".join(lines))


def _verdict(total: FamilyResult) -> str:
    if total.succeeded:
        return f"✗ {total.succeeded:,} of {plural(total.attacks, 'attack')} succeeded"
    if total.undecided:
        return f"? {total.undecided:,} of {plural(total.attacks, 'attack')} undecided"
    return f"✓ {plural(total.attacks, 'attack')} resisted"


def _caption(total: FamilyResult) -> str:
    first = "The most successful first"
    return f"{first}; a rate is of the decided attacks alone" if total.undecided else first


def _colour(each: FamilyResult) -> str:
    if each.succeeded:
        return style.RED
    return style.AMBER if each.undecided or not each.attacks else style.GREEN


def _terms(report: RedteamReport) -> list[str]:
    seed = "" if report.seed is None else f"seed {report.seed}"
    return [
        *filter(None, [report.model, f"suite {report.suite}", seed]),
        f"{report.dataset} {report.dataset_digest[:19]}",
        *([f"{report.repeats} tries an attack"] if report.repeats > 1 else []),
        total_money(report.cost_usd, report.unpriced_samples),
        f"run {report.run_id[-8:]}",
    ]


def _notes(report: RedteamReport) -> list[str]:
    notes = [f"Not tried: {name}, for {why}." for name, why in report.left_out.items()]
    if report.baseline_run_id:
        notes.append(
            f"Compared with {report.baseline or report.baseline_run_id} on the "
            f"{plural(report.compared, 'attack')} of both; a minus means that fewer succeed."
        )
    notes.append("What was not tried is not shown to be safe: the attacks are examples.")
    return notes


def _review(report: RedteamReport) -> str:
    return f"`%llm_review {report.run_id}` goes through these attacks one by one."


def _rows(report: RedteamReport) -> list[FamilyResult]:
    return [*report.families[: block.MAX_ROWS], report.total]


def _heads(report: RedteamReport) -> list[Markup]:
    heads = [block.marked_head("family")]
    heads += map(block.number_head, ("attacks", "succeeded", "rate", "95% interval", "undecided"))
    if report.baseline_run_id:
        heads += [block.number_head("change"), block.head("against the baseline")]
    return [*heads, block.head("OWASP")]


def _cells(each: FamilyResult) -> tuple[str, ...]:
    return (
        abbreviate(each.title, _NAME_CHARACTERS),
        f"{each.attacks:,}",
        f"{each.succeeded:,}",
        score(each.rate, is_proportion=True),
        interval(each.low, each.high, is_proportion=True),
        f"{each.undecided:,}" if each.undecided else NOTHING,
    )


def _change(each: FamilyResult) -> tuple[str, str]:
    if each.difference is None:
        return NOTHING, each.verdict
    ends = difference_interval(each.difference_low, each.difference_high, is_proportion=True)
    words = f"{difference(each.difference, is_proportion=True)} ({ends})"
    return words, _MARKS.get(each.verdict, each.verdict)


def _row(report: RedteamReport, each: FamilyResult) -> Markup:
    title, *numbers = _cells(each)
    cells = [
        element("th", title, scope="row", dir="auto", style=style.first_cell(_colour(each))),
        *map(block.number_cell, numbers),
    ]
    if report.baseline_run_id:
        change, verdict = _change(each)
        tint = _COLOURS.get(each.verdict)
        cells.append(block.number_cell(change))
        cells.append(block.cell(block.badge(verdict, tint) if tint else verdict))
    return block.row(*cells, block.cell(", ".join(each.risks)))


def _attacks(attacks: tuple[AttackResult, ...]) -> Markup:
    if not attacks:
        return Markup()
    heads = [block.marked_head("attack"), *map(block.head, ("outcome", "what was sent", "answer"))]
    return block.table("Attacks to look at", heads, map(_attack, attacks), wide=True)


def _attack(attack: AttackResult) -> Markup:
    words, colour = _OUTCOMES[attack.outcome]
    why = element("div", attack.reason, dir="auto", style=style.SMALL)
    return block.row(
        element(
            "th", abbreviate(attack.case_id, _NAME_CHARACTERS),
            scope="row", dir="auto", style=style.first_cell(colour),
        ),
        block.cell(block.badge(words, colour), why),
        block.cell(block.folded(attack.sent)),
        block.cell(block.folded(attack.answered) if attack.answered else NOTHING),
    )  # fmt: skip
