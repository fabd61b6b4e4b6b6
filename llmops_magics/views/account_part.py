"""The tables of an account: approvals, gates, steps, looks, and the calls that were served."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmops_magics.views import block, style
from llmops_magics.views.format import (
    NOTHING,
    count,
    moment,
    number,
    plural,
    short_digest,
    total_money,
)
from llmops_magics.views.markup import Markup, abbreviate, element
from llmops_magics.views.rule import rule_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_magics.release.account.record import Account, GateRun, ReleaseStep, ServedCalls
    from llmops_magics.release.approval.record import Approval

_NAME = 80
_REASON = 400
_OPEN_GATES = 3
_STATES = {
    "valid": ("✓ counts", style.GREEN),
    "needs review": ("! needs review", style.RED),
    "refused": ("✗ refused", style.RED),
}
_BACK = ("rollback", "abort")


def approvals_table(approvals: Sequence[Approval]) -> Markup:
    """Show who said what to this bundle, whose key signed it, and whether it counts."""
    if not approvals:
        return element("div", "Nobody has approved exactly what is served.", style=style.SECTION)
    names = ("who", "decision", "counts now", "reason", "key", "signed")
    heads = [block.marked_head(names[0]), *(block.head(name) for name in names[1:])]
    rows = [_approval_row(each) for each in approvals[: block.MAX_ROWS]]
    return block.table("Approvals of exactly what is served", heads, rows, wide=True)


def gates_part(gates: Sequence[GateRun]) -> Markup:
    """Show each gate that ran on what is served; the rules of the evidence are open."""
    if not gates:
        return element("div", "No gate ran on exactly what is served.", style=style.SECTION)
    shown = gates[: block.MAX_ROWS]
    title = element("div", "Gates that ran on exactly what is served", style=style.PART_HEADING)
    parts = [_gate(gate, is_open=n < _OPEN_GATES) for n, gate in enumerate(shown)]
    return element("div", title, *parts, block.more(len(gates) - len(shown), "gate"))


def steps_table(account: Account) -> Markup:
    """Show the changes of what is served, the newest first."""
    heads = [
        block.head("when"),
        block.head("step"),
        block.head("stable"),
        block.head("candidate"),
        block.number_head("share"),
        block.head("by"),
        block.head("why"),
        block.number_head("event"),
    ]
    shown = account.steps[: block.MAX_ROWS]
    return element(
        "div",
        block.table("Releases, the newest first", heads, map(_step_row, shown), wide=True),
        block.more(account.total_steps - len(shown), "step"),
    )


def looks_part(account: Account) -> Markup | None:
    """Fold away what the controller saw each time."""
    if not account.looks:
        return None
    heads = [*(block.head(name) for name in ("when", "decision", "why", "arms"))]
    rows = [
        block.row(
            element("td", moment(look.at), style=style.TIME),
            block.cell(block.badge(abbreviate(look.decision, _NAME), _look_colour(look.decision))),
            block.cell(abbreviate(look.reason, _REASON)),
            block.cell(_arms(look.arms)),
        )
        for look in account.looks[: block.MAX_ROWS]
    ]
    title = f"What the controller saw: {plural(account.total_looks, 'look')}"
    return block.fold(title, block.table("The newest first", heads, rows, wide=True))


def calls_table(served: Sequence[ServedCalls]) -> Markup:
    """Show what each version has answered since it was released."""
    heads = [
        block.head("version"),
        block.number_head("calls"),
        block.number_head("through a release"),
        block.number_head("errors"),
        block.number_head("cost"),
        block.head("first"),
        block.head("last"),
    ]
    rows = [
        block.row(
            block.row_head(abbreviate(row.ref, 2 * _NAME)),
            block.number_cell(count(row.calls)),
            block.number_cell(count(row.released)),
            block.number_cell(_errors(row)),
            block.number_cell(total_money(row.cost_usd, row.unpriced_calls)),
            element("td", moment(row.first) or NOTHING, style=style.TIME),
            element("td", moment(row.last) or NOTHING, style=style.TIME),
        )
        for row in served[: block.MAX_ROWS]
    ]
    return block.table("Calls served, as far as they are traced", heads, rows)


def _approval_row(each: Approval) -> Markup:
    word, colour = _STATES.get(each.state, (abbreviate(each.state, _NAME), style.GREY))
    who = element("div", abbreviate(each.approver, _NAME) or "nobody known", dir="auto")
    why = element("div", abbreviate(each.why, _REASON), style=style.SMALL) if each.why else None
    return block.row(
        element("th", who, scope="row", style=style.first_cell(colour)),
        block.cell(abbreviate(each.decision, _NAME)),
        block.cell(block.badge(word, colour), why or ""),
        block.cell(element("div", abbreviate(each.reason, _REASON), dir="auto")),
        block.cell(element("code", abbreviate(each.key_id, _NAME))),
        element("td", moment(each.at), style=style.TIME, title=each.id),
    )


def _gate(gate: GateRun, *, is_open: bool) -> Markup:
    verdict = block.verdict_words(gate.verdict) if gate.verdict else "! could not run"
    signer = gate.signed_by or ("a key that is not registered" if gate.key_id else "nobody")
    small = [
        f"{gate.mode} run",
        moment(gate.finished_at),
        f"signed by {abbreviate(signer, _NAME)}",
        f"run by {abbreviate(gate.actor, _NAME)}",
        f"dossier {short_digest(gate.dossier)}",
    ]
    line = block.heading(
        block.badge(verdict, block.verdict_colour(gate.verdict)),
        element("strong", abbreviate(gate.gate, _NAME)),
        block.badge("evidence", style.BLUE)
        if gate.is_evidence
        else element("span", "no release names it", style=style.SMALL),
    )
    rules = [rule_table(f"Rules of {abbreviate(gate.gate, _NAME)}", gate.rules)]
    rules_word = f"{plural(len(gate.rules), 'rule')} with 95% intervals"
    return element(
        "div",
        line,
        block.subline(small),
        element("div", abbreviate(gate.problem, _REASON), dir="auto") if gate.problem else None,
        block.fold(rules_word, *rules, is_open=is_open) if gate.rules else None,
        style=style.SECTION,
    )


def _step_row(step: ReleaseStep) -> Markup:
    colour = style.AMBER if step.action in _BACK else style.GREY
    mark = "↩ " if step.action in _BACK else ""
    return block.row(
        element("td", moment(step.at), style=style.TIME),
        block.cell(block.badge(f"{mark}{abbreviate(step.action, _NAME)}", colour)),
        block.cell(abbreviate(step.stable, 2 * _NAME) or NOTHING),
        block.cell(abbreviate(step.candidate, 2 * _NAME) or NOTHING),
        block.number_cell(f"{step.share:.0%}" if step.candidate else NOTHING),
        block.cell(abbreviate(step.actor, _NAME)),
        block.cell(element("div", abbreviate(step.reason, _REASON), dir="auto")),
        block.number_cell(count(step.seq)),
    )


def _errors(row: ServedCalls) -> str:
    if row.errors is None:
        return "not counted"
    part = f" ({row.errors / row.calls:.1%})" if row.calls and row.errors else ""
    return f"{row.errors:,}{part}"


def _arms(arms: dict[str, Any]) -> str:
    """Say how much was seen of each arm, where a look says it."""
    said = []
    for name, arm in arms.items():
        seen = arm.get("requests", arm.get("calls")) if isinstance(arm, dict) else None
        said.append(f"{name} {number(seen) if isinstance(seen, int | float) else ''}".strip())
    return abbreviate(", ".join(said), _REASON)


def _look_colour(decision: str) -> str:
    colours = {"advance": style.GREEN, "complete": style.GREEN, "rollback": style.RED}
    return colours.get(decision, style.RED if decision == "kill" else style.GREY)
