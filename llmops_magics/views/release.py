"""How environments look: what each serves, its changes, and what it asks of a release."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmops_magics.views import block, style
from llmops_magics.views.column import columns
from llmops_magics.views.format import NOTHING, moment, plural, short_digest
from llmops_magics.views.markup import Markup, abbreviate, element, join, visible
from llmops_magics.views.masked import masked

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmops_magics.release.environment.freeze import Freeze
    from llmops_magics.release.environment.record import (
        Environments,
        EnvironmentState,
        ReleaseHistory,
        ReleaseStatus,
        ServedPrompt,
    )

_NAME, _REASON = 120, 400
_COLOURS = {
    "serving": style.GREEN,
    "holdback": style.GREEN,
    "rolling": style.BLUE,
    "shadow": style.BLUE,
    "paused": style.AMBER,
}
_OPERATORS = {"equals": "=", "prefix": "^="}  # as --rule has them
_NOTHING = "Nothing is released yet: llmops release promote REF --to ENV."
_SERVED = ("prompt", "state", "serves", "candidate", "since", "by")
_CHANGES = ("generation", "what", "serves", "candidate", "when", "by", "why")
_POLICIES = ("environment", "after", "low risk needs", "high risk needs", "serves")


@masked
def release_status_html(status: ReleaseStatus) -> Markup:
    """Show one prompt in full, or a row a prompt."""
    if len(status.served) == 1 and "@" in status.asked:
        return _one_html(status)
    rows = [_served_row(each) for each in status.served[: block.MAX_ROWS]]
    return block.outer(
        block.heading(element("strong", _heading(status))),
        *_frozen_html(status.freezes),
        block.table("What is served where", list(map(block.head, _SERVED)), rows)
        if rows
        else element("div", _nothing(status), style=style.SMALL),
        block.more(len(status.served) - block.MAX_ROWS, "prompt"),
    )


@masked
def release_status_text(status: ReleaseStatus) -> str:
    """Return one prompt in full, or a line a prompt."""
    lines = [_frozen(each) for each in status.freezes]
    if len(status.served) == 1 and "@" in status.asked:
        return visible("\n".join([*_one_lines(status), *lines, *status.notes]))
    if not status.served:
        return visible("\n".join([*lines, _nothing(status)]))
    cells = [_cells(each, _number) for each in status.served[: block.MAX_ROWS]]
    table = columns(_SERVED, cells, gives_way=0)
    return visible("\n".join([_heading(status), *lines, *table]))


@masked
def release_history_html(history: ReleaseHistory) -> Markup:
    """Show a row a change, the newest first."""
    rows = [
        block.row(block.row_head(cells[0]), *(block.cell(text) for text in cells[1:]))
        for cells in map(_change_cells, history.changes[: block.MAX_ROWS])
    ]
    return block.outer(
        block.heading(element("strong", _place(history))),
        block.subline([plural(history.total, "change")]),
        block.table("The newest first", list(map(block.head, _CHANGES)), rows)
        if rows
        else element("div", _never(history), style=style.SMALL),
        block.more(history.total - len(rows), "change"),
    )


@masked
def release_history_text(history: ReleaseHistory) -> str:
    """Return a line a change."""
    if not history.changes:
        return visible(_never(history))
    cells = [_change_cells(each) for each in history.changes[: block.MAX_ROWS]]
    lines = [f"{_place(history)}: {plural(history.total, 'change')}"]
    return visible("\n".join([*lines, *columns(_CHANGES, cells, gives_way=6)]))


@masked
def environments_html(listed: Environments) -> Markup:
    """Show a row an environment, with what it asks of a release of each risk."""
    rows = [
        block.row(
            block.row_head(each.name),
            block.cell(each.after or NOTHING),
            block.cell(*_bullets(each.low)),
            block.cell(*_bullets(each.high)),
            block.cell(_serves(each)),
        )
        for each in listed.environments
    ]
    freezes = [each.freeze for each in listed.environments if each.freeze]
    return block.outer(
        block.heading(element("strong", plural(len(rows), "environment"))),
        *_frozen_html(freezes),
        block.table("In the order of promotion", list(map(block.head, _POLICIES)), rows),
    )


@masked
def environments_text(listed: Environments) -> str:
    """Return a few lines an environment."""
    lines: list[str] = []
    for each in listed.environments:
        after = f", after {each.after}" if each.after else ""
        lines.append(f"{each.name}{after}: {_serves(each)}")
        lines += [f"  {_frozen(each.freeze)}"] if each.freeze else []
        low, high = _needs(each.low), _needs(each.high)
        if low == high:
            lines.append(f"  needs {', '.join(low) or 'nothing'}")
        else:
            lines.append(f"  low risk needs {', '.join(low) or 'nothing'}")
            lines.append(f"  high risk needs {', '.join(high) or 'nothing'}")
    return visible("\n".join(lines))


def _one_html(status: ReleaseStatus) -> Markup:
    served = status.served[0]
    return block.outer(
        block.heading(
            element("strong", abbreviate(served.ref, _NAME)),
            block.badge(served.state, _COLOURS.get(served.state, style.GREY)),
        ),
        block.subline([_said(status), f"generation {served.generation}", moment(served.at)]),
        *_frozen_html(status.freezes),
        _split(served),
        block.facts("Now", _facts(served)),
        *(element("div", note, style=style.SMALL) for note in status.notes),
    )


def _split(served: ServedPrompt) -> Markup:
    """Draw who gets what: a bar an arm, with its words beside it."""
    rows = [
        block.row(
            block.row_head(arm),
            block.number_cell(f"{share:.4g} %"),
            block.cell(_version(bundle)),
            block.cell(element("div", block.bar(0, share / 100, colour), style=style.EFFECT_BAR)),
        )
        for arm, share, bundle, colour in _arms(served)
    ]
    heads = [block.head("arm"), block.number_head("share"), block.head("version"), block.head("")]
    return block.table("Who gets what", heads, rows)


def _arms(served: ServedPrompt) -> list[tuple[str, float, dict[str, Any], str]]:
    """Return arm, share in percent, bundle and colour of what is served."""
    held = float((served.plan or {}).get("holdback", 0)) if served.held else 0.0
    candidate = served.share * 100 if served.candidate else 0.0
    arms = [("stable", 100 - candidate - held, served.stable, style.GREEN)]
    if served.candidate:
        arms.append(("candidate", candidate, served.candidate, style.BLUE))
    if served.held:
        arms.append(("held back", held, served.held, style.GREY))
    return arms


def _one_lines(status: ReleaseStatus) -> list[str]:
    served = status.served[0]
    arms = ", ".join(f"{arm} {share:.4g} % {_version(b)}" for arm, share, b, _ in _arms(served))
    facts = _facts(served).items()
    said = _said(status)
    return [
        f"{served.ref}: {served.state}{f' ({said})' if said else ''}",
        f"  {arms}",
        *(f"  {name}: {abbreviate(str(value), _REASON)}" for name, value in facts if value),
    ]


def _facts(served: ServedPrompt) -> dict[str, Any]:
    plan = served.plan or {}
    steps = plan.get("steps", ())
    is_under_way = served.candidate is not None
    return {
        "last change": f"{served.action} by {served.actor}, {moment(served.at)}",
        "why": abbreviate(served.reason, _REASON),
        "digest": short_digest(str(served.stable.get("prompt_digest", ""))),
        "indexes": _indexes(served.stable),
        "rollout": served.rollout_id if is_under_way else "",
        "step": _steps(steps, served.step) if is_under_way and steps else "",
        "held for": f"{plan.get('hold_s', 0) / 60:.4g} min and {plan.get('min_requests')} requests"
        if is_under_way
        else "",
        "guards": " | ".join([*plan.get("guards", ()), *plan.get("kill", ())])
        if is_under_way
        else "",
        "aimed at": " | ".join(map(_rule, plan.get("rules", ()))) if is_under_way else "",
        "evidence": block.names([short_digest(each) for each in served.evidence], 10),
    }


def _steps(steps: Any, now: int) -> str:
    return " → ".join(
        f"[{step:g} %]" if n == now else f"{step:g} %" for n, step in enumerate(steps)
    )


def _rule(rule: dict[str, Any]) -> str:
    outcome = rule["arm"] or f"{rule['share']:.0%}"
    written = _OPERATORS.get(rule["operator"], rule["operator"])
    return f"{rule['attribute']} {written} {','.join(rule['values'])}: {outcome}"


def _indexes(bundle: dict[str, Any]) -> str:
    found = bundle.get("index") or {}
    return ", ".join(f"{corpus} {short_digest(digest)}" for corpus, digest in found.items())


def _said(status: ReleaseStatus) -> str:
    if status.changed is None:
        return ""
    return "changed now" if status.changed else "it was so already"


def _version(bundle: dict[str, Any] | None) -> str:
    return f"version {bundle['number']} on {bundle['model']}" if bundle else NOTHING


def _served_row(served: ServedPrompt) -> Markup:
    cells = _cells(served)
    colour = _COLOURS.get(served.state, style.GREY)
    return block.row(
        block.row_head(abbreviate(cells[0], _NAME)),
        block.cell(block.badge(cells[1], colour)),
        *(block.cell(text) for text in cells[2:]),
    )


def _number(bundle: dict[str, Any] | None) -> str:
    return f"version {bundle['number']}" if bundle else NOTHING


def _cells(
    served: ServedPrompt, say: Callable[[dict[str, Any] | None], str] = _version
) -> tuple[str, ...]:
    since = moment(served.at)
    return (
        served.ref, served.state, say(served.stable), _candidate(served, say), since, served.actor,
    )  # fmt: skip


def _change_cells(change: ServedPrompt) -> tuple[str, ...]:
    return (
        str(change.generation), change.action, _number(change.stable), _candidate(change, _number),
        moment(change.at), change.actor, abbreviate(change.reason, _REASON),
    )  # fmt: skip


def _candidate(served: ServedPrompt, say: Callable[[dict[str, Any] | None], str]) -> str:
    if not served.candidate:
        return NOTHING
    share = "shadow" if served.state == "shadow" else f"{served.share * 100:.4g} %"
    return f"{share} {say(served.candidate)}"


def _heading(status: ReleaseStatus) -> str:
    where = f" in {status.asked}" if status.asked else ""
    return f"{plural(len(status.served), 'prompt')} served{where}"


def _nothing(status: ReleaseStatus) -> str:
    return f"{status.asked} serves nothing yet." if status.asked else _NOTHING


def _never(history: ReleaseHistory) -> str:
    return (
        f"Nothing was ever released to {_place(history)}. `llmops release status` has the others."
    )


def _place(history: ReleaseHistory) -> str:
    return abbreviate(f"{history.prompt}@{history.environment}", _NAME)


def _frozen(freeze: Freeze) -> str:
    until = f" until {moment(freeze.until)}" if freeze.until else ""
    why = f": {abbreviate(freeze.reason, _REASON)}" if freeze.reason else ""
    return f"{freeze.environment} is frozen{until} by {freeze.actor}{why}"


def _frozen_html(freezes: Any) -> list[Markup]:
    return [
        element("div", join([block.badge("frozen", style.AMBER), _frozen(each)], " "))
        for each in freezes
    ]


def _serves(each: EnvironmentState) -> str:
    rolling = f", {plural(each.under_way, 'rollout')} under way" if each.under_way else ""
    label = f", label {each.label}" if each.label != each.name else ""
    return f"{plural(each.prompts, 'prompt')}{rolling}{label}"


def _bullets(policy: dict[str, Any]) -> list[Markup]:
    needs = _needs(policy)
    return [element("div", each) for each in needs] or [element("div", "nothing")]


def _needs(policy: dict[str, Any]) -> list[str]:
    """Return what a policy asks for, a few words each."""
    needs = [f"gate {gate}" for gate in policy["gates"]]
    if policy["approvers"]:
        needs.append(f"{plural(policy['approvers'], policy['role'])}, not the author")
    if policy["calibrated"]:
        needs.append("calibrated judges")
    if policy["reviewed_cases"]:
        needs.append(plural(policy["reviewed_cases"], "reviewed case"))
    if policy["signed"]:
        needs.append("a known key's signature")
    return needs
