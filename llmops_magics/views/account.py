"""How an account looks: what is served and on whose word first, then what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block, style
from llmops_magics.views.account_part import (
    approvals_table,
    calls_table,
    gates_part,
    looks_part,
    steps_table,
)
from llmops_magics.views.audit_event import event_table, said_of
from llmops_magics.views.column import columns, wrapped
from llmops_magics.views.format import count, moment, plural, short_digest, total_money
from llmops_magics.views.incident import incident_table
from llmops_magics.views.markup import Markup, abbreviate, element, visible
from llmops_magics.views.prompt_diff import changes_html
from llmops_magics.views.rule import rule_line

if TYPE_CHECKING:
    from llmops_magics.release.account.record import Account, ServedVersion

_NAME = 80
_REASON = 300
_TEXT_ROWS = 10
_OPEN_CHANGES = 3


def account_html(account: Account) -> Markup:
    """Show who approved what is served, and what it did."""
    changes = account.diff.changes if account.diff else ()
    return block.outer(
        _banner(account),
        _glass(account),
        block.facts("What is served", _version_facts(account)),
        approvals_table(account.approvals),
        gates_part(account.gates),
        block.fold(
            f"What changed from {account.before}: {plural(len(changes), 'part')}",
            *changes_html(account.diff),
            is_open=len(changes) <= _OPEN_CHANGES,
        )
        if account.diff and changes
        else None,
        steps_table(account),
        looks_part(account),
        calls_table(account.served),
        incident_table("Incidents", account.incidents) if account.incidents else None,
        block.fold(
            f"Events of {account.ref} in the audit trail: {account.total_events:,}",
            event_table("The newest first", account.events),
        )
        if account.events
        else None,
        block.bullets(account.notes) if account.notes else None,
    )


def account_text(account: Account) -> str:
    """Return the account in a terminal's lines."""
    lines = [f"{account.ref}: {_serves(account)}", *wrapped(_word(account)[1])]
    lines += [
        f"  ! emergency release, event {event.seq}: {event.actor}, {said_of(event)}"
        for event in account.broken_glass
    ]
    facts = _version_facts(account)
    lines += [f"  {name}: {abbreviate(block.plain(said), 500)}" for name, said in facts.items()]
    lines += _approval_lines(account) + _gate_lines(account) + _step_lines(account)
    lines += _call_lines(account) + _incident_lines(account)
    return visible("\n".join([*lines, *(f"  note: {note}" for note in account.notes)]))


def _banner(account: Account) -> Markup:
    colour, words = _word(account)
    return element(
        "div",
        element("div", account.ref, style=style.SMALL),
        element("div", _serves(account), style=style.BANNER_TITLE),
        element("div", words, dir="auto"),
        element("div", f"as of {moment(account.at)}", style=style.SMALL),
        style=style.banner(colour),
    )


def _serves(account: Account) -> str:
    stable = account.version.ref if account.version else "nothing"
    if account.candidate and account.candidate.ref != stable and account.share:
        return f"serves {stable}, and {account.candidate.ref} to {account.share:.0%}"
    return f"serves {stable}"


def _word(account: Account) -> tuple[str, str]:
    """Return the colour of the account and its story in a sentence or two."""
    valid = {each.approver for each in account.approvals if each.is_valid}
    passed = sum(gate.verdict == "PASS" for gate in account.gates if gate.is_evidence)
    still = sum(incident.is_open for incident in account.incidents)
    released = account.released
    parts = [
        f"Released by {released.actor} on {moment(released.at)}" if released else "",
        f"approved by {block.names(sorted(valid), 5)}" if valid else "no approval counts",
        f"{plural(passed, 'passed gate')} as evidence" if passed else "no passed gate as evidence",
        f"{plural(len(account.rollbacks), 'rollback')}" if account.rollbacks else "",
        f"{plural(still, 'open incident')}" if still else "",
        f"{plural(len(account.broken_glass), 'emergency release')}" if account.broken_glass else "",
    ]
    return _colour(
        account, is_founded=bool(valid and passed)
    ), f"{', '.join(part for part in parts if part)}."


def _colour(account: Account, *, is_founded: bool) -> str:
    """Return red for what somebody has to look at now, amber for what to know."""
    open_ones = {each.severity for each in account.incidents if each.is_open}
    if account.broken_glass or open_ones & {"major", "serious"}:
        return style.RED
    return style.AMBER if open_ones or not is_founded else style.GREEN


def _glass(account: Account) -> Markup | None:
    if not account.broken_glass:
        return None
    shown = [
        element(
            "div",
            f"event {event.seq:,}{block.DOT}{event.actor}{block.DOT}{moment(event.time)}",
            element("div", said_of(event), dir="auto", style=style.SMALL),
        )
        for event in account.broken_glass[: block.MAX_ROWS]
    ]
    title = element("strong", "! Released in an emergency, without what the policy asks for")
    return element("div", title, *shown, style=style.banner(style.RED))


def _version_facts(account: Account) -> dict[str, str]:
    version = account.version
    facts = _told(version) if version else {}
    if account.candidate and (not version or account.candidate.ref != version.ref):
        told = _told(account.candidate).items()
        facts |= {f"candidate: {name}": said for name, said in told}
    return facts | ({"before it": account.before} if account.before else {})


def _told(version: ServedVersion) -> dict[str, str]:
    index = ", ".join(f"{name} {short_digest(found)}" for name, found in version.index.items())
    facts = {
        "version": version.ref,
        "author": version.author,
        "written": moment(version.created_at),
        "message": version.message,
        "model": version.model,
        "indexes": index,
        "digest": version.digest,
        "bundle": version.bundle_digest,
    }
    return {name: said for name, said in facts.items() if said}


def _approval_lines(account: Account) -> list[str]:
    rows = [
        (each.approver or "nobody known", each.decision, each.state, _time(each.at), each.reason)
        for each in account.approvals
    ]
    heads = ("approver", "decision", "counts", "when (UTC)", "reason")
    return columns(heads, rows, fixed=(1, 2, 3), noun="approval") if rows else []


def _gate_lines(account: Account) -> list[str]:
    lines = []
    for gate in account.gates[:_TEXT_ROWS]:
        parts = [gate.verdict or "could not run", gate.gate, gate.mode, moment(gate.finished_at)]
        parts.append("evidence" if gate.is_evidence else "not named as evidence")
        lines.append(f"  gate {block.DOT.join(parts)}")
        lines += [f"    {rule_line(rule)}" for rule in gate.rules[:_TEXT_ROWS]]
        lines += [f"    {abbreviate(gate.problem, _REASON)}"] if gate.problem else []
    return lines


def _step_lines(account: Account) -> list[str]:
    rows = [
        (_time(step.at), step.action, _number(step.stable), _number(step.candidate),
         f"{step.share:.0%}" if step.candidate else "", step.actor, step.reason)
        for step in account.steps[:_TEXT_ROWS]
    ]  # fmt: skip
    heads = ("when (UTC)", "step", "stable", "candidate", "share", "by", "why")
    total = account.total_steps
    return columns(heads, rows, numbers=(4,), fixed=(0, 1), noun="step", total=total)


def _call_lines(account: Account) -> list[str]:
    rows = [
        (_number(row.ref), count(row.calls), count(row.released), count(row.errors),
         total_money(row.cost_usd, row.unpriced_calls), _time(row.first), _time(row.last))
        for row in account.served
    ]  # fmt: skip
    heads = ("served", "calls", "released", "errors", "cost", "first (UTC)", "last (UTC)")
    return columns(heads, rows, numbers=(1, 2, 3), noun="version") if rows else []


def _number(ref: str) -> str:
    """Return ``@7`` of a reference: the name stands in the first line."""
    return f"@{ref.rpartition('@')[2]}" if ref else ""


def _time(moment_: str) -> str:
    return moment_[:19].replace("T", " ")


def _incident_lines(account: Account) -> list[str]:
    return [
        f"  incident {each.id}: {each.state}{block.DOT}{each.severity}{block.DOT}"
        f"{abbreviate(each.title, _REASON)}"
        for each in account.incidents[:_TEXT_ROWS]
    ]
