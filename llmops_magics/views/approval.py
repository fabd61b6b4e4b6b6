"""How approvals look: one that was signed, a request, and what waits for whom and how long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block, style
from llmops_magics.views.format import moment, plural
from llmops_magics.views.markup import Markup, abbreviate, element, visible
from llmops_magics.views.masked import masked

if TYPE_CHECKING:
    from llmops_magics.release.approval.record import (
        Approval,
        ApprovalList,
        ApprovalRequest,
        Waiting,
    )

GLASS = "break-glass"
_REASON = 400
_DAY_S = 86_400
_WORDS = {
    "approve": "approves",
    "reject": "says no to",
    "withdraw": "takes back",
    "review": "reviewed",
    GLASS: "BROKE THE GLASS for",
}


@masked
def approval_html(given: Approval) -> Markup:
    """Show who decided what, why, and what it counts for."""
    return block.outer(
        element(
            "div",
            element("strong", _sentence(given)),
            " ",
            block.badge(given.state, _colour(given)),
            element("div", abbreviate(given.reason, _REASON), dir="auto"),
            element("div", block.DOT.join(_facts(given)), style=style.SMALL),
            style=style.banner(_colour(given)),
        ),
        block.bullets(given.missing) if given.missing else None,
    )


@masked
def approval_text(given: Approval) -> str:
    """Return it in a few lines."""
    lines = [f"{_sentence(given)} [{given.state}]", f"  “{abbreviate(given.reason, _REASON)}”"]
    lines += [f"  {block.DOT.join(_facts(given))}"]
    lines += [f"  missing: {each}" for each in given.missing]
    return visible("\n".join(lines))


@masked
def approval_request_html(asked: ApprovalRequest) -> Markup:
    """Show what was asked for, and what is missing."""
    return block.outer(
        block.heading(element("strong", _asked(asked)), block.badge("waits", style.AMBER)),
        block.subline([asked.actor, moment(asked.at), asked.id]),
        element("div", abbreviate(asked.reason, _REASON), dir="auto"),
        block.bullets(asked.missing),
    )


@masked
def approval_request_text(asked: ApprovalRequest) -> str:
    """Return it in a few lines."""
    lines = [f"{_asked(asked)} ({asked.id})", f"  “{abbreviate(asked.reason, _REASON)}”"]
    lines += [f"  missing: {each}" for each in asked.missing]
    return visible("\n".join(lines))


@masked
def approval_list_html(found: ApprovalList) -> Markup:
    """Show a row for each thing that waits, the longest first, broken glass in red."""
    if not found.waiting:
        return block.outer(block.hint("Nothing waits for an approval or a review."))
    names = ("waits for", "what", "said yes", "who may", "since", "asked by", "still missing")
    rows = [_row(each) for each in found.waiting[: block.MAX_ROWS]]
    return block.outer(
        block.table("What waits", [block.head(name) for name in names], rows, wide=True),
        block.more(len(found.waiting) - block.MAX_ROWS, "thing"),
    )


@masked
def approval_list_text(found: ApprovalList) -> str:
    """Return a few lines for each thing that waits."""
    if not found.waiting:
        return "Nothing waits for an approval or a review."
    return visible("\n".join(_lines(each) for each in found.waiting[: block.MAX_ROWS]))


def decision_row(given: Approval) -> Markup:
    """Show a decision as a row: who, what, whether it counts, why, when, and with which key."""
    return block.row(
        element("th", given.approver, scope="row", style=style.first_cell(_colour(given))),
        block.cell(block.badge(given.decision, _colour(given))),
        block.cell(given.state, element("div", given.why, style=style.SMALL)),
        block.cell(element("div", abbreviate(given.reason, _REASON), dir="auto")),
        block.cell(moment(given.at)),
        block.cell(element("code", given.key_id)),
    )


def decision_line(given: Approval) -> str:
    """Say a decision in a line."""
    why = f" ({given.why})" if given.why else ""
    what = "BREAK-GLASS" if given.decision == GLASS else given.decision
    reason = abbreviate(given.reason, _REASON)
    return f"{given.approver}: {what} [{given.state}{why}] “{reason}” {given.id}"


def _sentence(given: Approval) -> str:
    word = _WORDS.get(given.decision, given.decision)
    if given.about:
        return f"{given.approver} {word} {given.about}"
    return f"{given.approver} {word} {given.prompt}@{given.number} to {given.environment}"


def _facts(given: Approval) -> list[str]:
    facts = [moment(given.at), f"key {given.key_id}", given.id]
    if given.decision == "approve":
        facts.insert(1, f"until {moment(given.expires_at)}")
        facts.insert(2, f"signs {plural(len(given.dossiers), 'dossier')}")
    return [*facts, given.why] if given.why else facts


def _colour(given: Approval) -> str:
    if given.decision == GLASS and given.state != "reviewed":
        return style.RED
    if given.decision == "reject" and given.is_valid:
        return style.RED
    return style.GREEN if given.state in {"valid", "reviewed"} else style.GREY


def _asked(asked: ApprovalRequest) -> str:
    return f"{asked.prompt}@{asked.number} to {asked.environment}: approvals asked for"


def _row(each: Waiting) -> Markup:
    is_glass = each.what == "review after"
    colour = style.RED if is_glass else style.BLUE if each.what == "release" else style.AMBER
    ref = f"{each.prompt}@{each.number} to {each.environment}"
    return block.row(
        element("th", block.badge(_wanted(each), colour), scope="row", style=style.CELL),
        block.cell(
            element("strong", ref),
            element("div", abbreviate(each.reason, _REASON), dir="auto"),
            element("div", each.id, style=style.SMALL),
        ),
        block.cell(f"{each.have} of {each.need}", element("div", _yes(each), style=style.SMALL)),
        block.cell(_who(each)),
        block.cell(age(each.waiting_s), element("div", moment(each.since), style=style.SMALL)),
        block.cell(each.asked_by),
        block.cell(*(element("div", line, style=style.SMALL) for line in each.missing)),
    )


def _lines(each: Waiting) -> str:
    who = f"  who may: {_who(each)}"
    first = f"{_wanted(each)}: {each.prompt}@{each.number} to {each.environment}"
    lines = [
        f"{first}{block.DOT}{each.have} of {each.need}{block.DOT}{age(each.waiting_s)}",
        f"  {each.id} by {each.asked_by}: “{abbreviate(each.reason, _REASON)}”",
        who,
        *(f"  missing: {line}" for line in each.missing),
    ]
    return "\n".join(lines)


def _wanted(each: Waiting) -> str:
    return {
        "review after": "GLASS BROKEN, needs review after",
        "release": "ready, waits for its release",
        "evidence": "waits for evidence",
    }.get(each.what, f"waits for {plural(each.need - each.have, 'approval')}")


def _yes(each: Waiting) -> str:
    return block.names(each.approvers, 10)


def _who(each: Waiting) -> str:
    if each.what == "release":
        return "a releaser"
    if each.what == "evidence":
        return "nobody: gates come first"
    rest = f"not {block.names(each.not_by, 5)}" if each.not_by else ""
    may = block.names(each.may, 10) or "nobody who has a key"
    return f"{may} ({rest})" if rest else may


def age(seconds: float) -> str:
    """Say how long something waits: days and hours from two on, else minutes."""
    if seconds >= 2 * _DAY_S:
        return plural(int(seconds // _DAY_S), "day")
    if seconds >= 2 * 3600:
        return plural(int(seconds // 3600), "hour")
    if seconds >= 60:
        return plural(int(seconds // 60), "minute")
    return "less than a minute"
