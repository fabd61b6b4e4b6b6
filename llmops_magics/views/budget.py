"""How budgets look: what is spent, held and left of each, and where it leads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block, style
from llmops_magics.views.column import columns
from llmops_magics.views.format import count, moment, money, plural
from llmops_magics.views.markup import Markup, element, join, visible

if TYPE_CHECKING:
    from llmops_magics.cost.budget_registry import BudgetList, BudgetState, PastWindow

_NUMBERS = ("limit", "spent", "held", "left")
_BAR = f"width:140px;margin:4px 0 0 0;background-color:{style.tint(style.GREY, 0.15)}"


def budget_list_html(listed: BudgetList) -> Markup:
    """Show one row a budget."""
    if not listed.budgets:
        return block.outer(block.heading(element("strong", "No budget")), _first_step())
    heads = [
        block.head("budget"),
        *(block.number_head(name) for name in _NUMBERS),
        block.head("used"),
        block.head("at the limit"),
        block.head("renews"),
        block.head("at this pace"),
    ]
    return block.outer(
        block.heading(element("strong", plural(len(listed.budgets), "budget"))),
        block.table("What may be spent, and what is", heads, map(_row, listed.budgets)),
    )


def budget_list_text(listed: BudgetList) -> str:
    """Return one line a budget."""
    if not listed.budgets:
        return "No budget. %llm_budget set 5 --per day sets one."
    heads = ("budget", *_NUMBERS, "used", "at this pace")
    rows = [
        (
            state.budget.name,
            *_amounts(state),
            _used(state),
            _pace(state),
        )
        for state in listed.budgets
    ]
    shown = columns(heads, rows, numbers=(1, 2, 3, 4), fixed=(0, 5))
    return visible("\n".join([plural(len(listed.budgets), "budget"), *shown]))


def budget_state_html(state: BudgetState) -> Markup:
    """Show one budget with its notes, and its past windows folded."""
    words, colour = _standing(state)
    past = [_past_table(state.past)] if state.past else []
    return block.outer(
        block.heading(element("strong", f"Budget {state.budget.name}"), block.badge(words, colour)),
        block.subline([_line(state), _terms(state)]),
        element("div", _bar(state), style=_BAR.replace("140px", "320px")),
        *(element("div", note, style=style.SMALL) for note in _notes(state)),
        *(block.fold(plural(len(state.past), "earlier window"), *past) for _ in past),
    )


def budget_state_text(state: BudgetState) -> str:
    """Return a few lines on one budget."""
    words, _ = _standing(state)
    lines = [f"budget {state.budget.name}: {words}", f"  {_line(state)}", f"  {_terms(state)}"]
    lines += [f"  {note}" for note in _notes(state)]
    lines += [
        f"  {each.start[:10]}: {money(each.spent_usd)} of {plural(each.calls, 'call')}"
        for each in state.past
    ]
    return visible("\n".join(lines))


def _row(state: BudgetState) -> Markup:
    words, colour = _standing(state)
    used = join([_used(state), " ", block.badge(words, colour)])
    return block.row(
        block.row_head(state.budget.name),
        *map(block.number_cell, _amounts(state)),
        block.cell(used, element("div", _bar(state), style=_BAR)),
        block.cell("calls are refused" if state.budget.action == "block" else "a warning"),
        block.cell(moment(state.renews_at)[:16] or "never"),
        block.cell(_pace(state)),
    )


def _amounts(state: BudgetState) -> tuple[str, ...]:
    amounts = (state.budget.limit_usd, state.spent_usd, state.held_usd, state.left_usd)
    return tuple(map(money, amounts))


def _used(state: BudgetState) -> str:
    return f"{state.share:.0%}"


def _bar(state: BudgetState) -> Markup:
    _, colour = _standing(state)
    return block.bar(0.0, state.share, colour, height=8)


def _standing(state: BudgetState) -> tuple[str, str]:
    """Say how a budget stands, with its colour."""
    if state.change == "removed":
        return "removed", style.GREY
    if state.breached_at or state.share >= 1:
        return "✗ breached", style.RED
    passed = [percent for percent in state.budget.warn if state.share * 100 >= percent]
    if passed:
        return f"! over {passed[-1]} %", style.AMBER
    return "✓ within", style.GREEN


def _line(state: BudgetState) -> str:
    parts = [
        f"{money(state.spent_usd)} of {money(state.budget.limit_usd)} spent",
        f"{money(state.held_usd)} held by calls under way" if state.held_usd else "",
        f"{money(state.left_usd)} left",
        plural(state.calls, "call"),
    ]
    return block.DOT.join(part for part in parts if part)


def _terms(state: BudgetState) -> str:
    budget = state.budget
    warns = ", ".join(f"{percent} %" for percent in budget.warn)
    action = "then calls are refused" if budget.action == "block" else "and goes on at the limit"
    renews = f"renews {moment(state.renews_at)[:16]} UTC" if state.renews_at else "never renews"
    return block.DOT.join([f"warns at {warns}, {action}" if warns else action, renews])


def _notes(state: BudgetState) -> list[str]:
    notes = []
    if pace := _pace(state):
        notes.append(f"at this pace: {pace}")
    if state.estimated_usd:
        notes.append(
            f"{money(state.estimated_usd)} of it is estimated: worst cases of calls whose cost "
            "nobody knows"
        )
    if state.lapsed_usd:
        notes.append(
            f"{money(state.lapsed_usd)} was held by processes that ended in mid-call, and is not "
            "counted"
        )
    if state.unpriced_calls:
        notes.append(f"{plural(state.unpriced_calls, 'call')} without a known price, not counted")
    if state.breached_at:
        notes.append(f"breached {moment(state.breached_at)}")
    return notes


def _pace(state: BudgetState) -> str:
    """Say where the pace leads."""
    foreseen = state.forecast
    if foreseen is None:
        return ""
    pace = f"{money(foreseen.per_hour_usd)} an hour"
    if state.share >= 1:
        return pace
    if foreseen.breach_at:
        return f"{pace}, used up by {moment(foreseen.breach_at)[:16]} UTC"
    if foreseen.at_end_usd is None:
        return f"{pace}, not breached within ten years"
    return f"{pace}, {money(foreseen.at_end_usd)} at the end"


def _past_table(past: tuple[PastWindow, ...]) -> Markup:
    heads = [block.head("from"), block.number_head("spent"), block.number_head("calls")]
    rows = (
        block.row(
            block.row_head(each.start[:10]),
            block.number_cell(money(each.spent_usd)),
            block.number_cell(count(each.calls)),
            block.cell("breached" if each.breached_at else ""),
        )
        for each in past
    )
    return block.table("Earlier", [*heads, block.head("")], rows)


def _first_step() -> Markup:
    return element("div", element("code", "%llm_budget set 5 --per day"), " sets one.")
