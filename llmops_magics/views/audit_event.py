"""How events of the audit trail look: one by itself, several as rows, what was changed and why."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from llmops_magics.views import block, style
from llmops_magics.views.column import columns
from llmops_magics.views.format import NOTHING, moment, plural, short_digest
from llmops_magics.views.markup import Markup, abbreviate, element, visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llmops_magics.audit.event import AuditEvent
    from llmops_magics.audit.search import AuditLog

NAME = 80
_TEXT = 300
_VALUE = 160
_LOUD = ("release.break_glass", "incident.open", "audit.erase", "keys.revoke", "access.deny")
_BACK = ("release.rollback", "release.abort", "approval.reject", "approval.withdraw")
_TOLD = ("reason", "before", "after", "evidence")
_PLACES = ("archive", "folder", "gate_json", "notebook", "exit_code")
_FIRST = ("verdict", "decision", "mode")
_COUNTERS = ("generation", "rollout_id")
_NOTHING: tuple[Any, ...] = ("", None, [], {})
_DIGEST = re.compile(r"(?:sha256:)?[0-9a-f]{40,64}")


def audit_log_html(log: AuditLog) -> Markup:
    """Show a row an event, the newest first."""
    return block.outer(
        block.heading(element("strong", _log_title(log))),
        block.subline(_filters(log)),
        event_table("The newest first", log.events) if log.events else None,
        block.hint("There are older events: `--limit` shows more.") if log.has_more else None,
    )


def audit_log_text(log: AuditLog) -> str:
    """Return a line an event."""
    rows = [
        (str(e.seq), e.time[:19].replace("T", " "), e.actor, e.action, e.resource, said_of(e))
        for e in log.events
    ]
    heads = ("event", "time (UTC)", "actor", "action", "resource", "what")
    filters = block.DOT.join(_filters(log))
    title = f"{_log_title(log)}{block.DOT if filters else ''}{filters}"
    lines = columns(heads, rows, numbers=(0,), fixed=(1, 3), noun="event") if rows else []
    older = ["  there are older events: --limit shows more"] if log.has_more else []
    return visible("\n".join([title, *lines, *older]))


def event_table(caption: str, events: Sequence[AuditEvent]) -> Markup:
    """Show a row an event: number, time, who, what, to which resource, and why."""
    heads = [
        block.number_head("event"),
        *(block.head(name) for name in ("time", "actor", "action", "resource", "what")),
    ]
    shown = events[: block.MAX_ROWS]
    return element(
        "div",
        block.table(caption, heads, map(_event_row, shown), wide=True),
        block.more(len(events) - len(shown), "event"),
    )


def audit_event_html(event: AuditEvent) -> Markup:
    """Show one event with all that it tells, and its place in the chain."""
    return block.outer(
        block.heading(
            element("strong", f"Event {event.seq:,}"), action_badge(event.action), event.resource
        ),
        block.subline([event.actor, moment(event.time)]),
        block.facts("What it tells", told_of(event.body)),
        block.facts("Its place in the chain", {"hash": event.hash, "follows": event.previous}),
    )


def audit_event_text(event: AuditEvent) -> str:
    """Return the event in a few lines."""
    line = block.DOT.join(
        [f"event {event.seq}", event.action, event.resource, event.actor, moment(event.time)]
    )
    told = [f"  {name}: {abbreviate(said, 1_000)}" for name, said in told_of(event.body).items()]
    return visible(
        "\n".join([line, *told, f"  hash: {event.hash}", f"  follows: {event.previous}"])
    )


def action_badge(action: str) -> Markup:
    """Put an action on a tint: red for what must not be overlooked."""
    loud = action.startswith(_LOUD)
    colour = style.RED if loud else style.AMBER if action.startswith(_BACK) else style.GREY
    return block.badge(f"{'! ' if loud else ''}{abbreviate(action, NAME)}", colour)


def said_of(event: AuditEvent) -> str:
    """Say in a line what changed, and why."""
    body = event.body
    parts = [_change(body.get("before"), body.get("after"))]
    parts.append(f"“{body['reason']}”" if body.get("reason") else "")
    if not any(parts):
        told = {k: v for k, v in body.items() if k not in (*_TOLD, *_PLACES)}
        parts = [_named(told)]
    return abbreviate(block.DOT.join([part for part in parts if part]), _TEXT)


def told_of(body: Mapping[str, Any]) -> dict[str, str]:
    """Return a body as names and texts, what changed and why first."""
    names = [*(name for name in _TOLD if name in body), *(n for n in body if n not in _TOLD)]
    return {str(name): _whole(body[name]) for name in names if body[name] not in ("", None, [], {})}


def _event_row(event: AuditEvent) -> Markup:
    return block.row(
        block.number_cell(f"{event.seq:,}"),
        element("td", moment(event.time), style=style.TIME, title=event.time),
        block.cell(abbreviate(event.actor, NAME)),
        block.cell(action_badge(event.action)),
        block.cell(abbreviate(event.resource, NAME)),
        block.cell(element("div", said_of(event), dir="auto", style=style.EXCERPT)),
    )


def _change(before: Any, after: Any) -> str:
    """Return ``@3 → @4``, or what of two states differs."""
    if isinstance(before, dict) and isinstance(after, dict):
        differs = [k for k in after if before.get(k) != after.get(k) and k not in _COUNTERS]
        return ", ".join(f"{k} {_short(before.get(k))} → {_short(after[k])}" for k in differs[:4])
    if after in _NOTHING:
        return "" if before in _NOTHING else f"{_short(before)} → {NOTHING}"
    return _short(after) if before in _NOTHING else f"{_short(before)} → {_short(after)}"


def _short(value: Any) -> str:
    """Return a value in a word or two: a bundle by its reference, a digest by its beginning."""
    if isinstance(value, dict):
        is_bundle = {"prompt", "number"} <= value.keys()
        return f"{value['prompt']}@{value['number']}" if is_bundle else _named(value)
    if isinstance(value, str) and _DIGEST.fullmatch(value):
        return short_digest(value)
    return NOTHING if value in _NOTHING else abbreviate(block.plain(value), _VALUE)


def _named(values: Mapping[str, Any]) -> str:
    """Name a few values, those alone that have no parts of their own."""
    first = [name for name in _FIRST if name in values]
    plain = [
        (str(name), values[name])
        for name in (*first, *(name for name in values if name not in _FIRST))
        if values[name] not in _NOTHING and name not in _COUNTERS and not _has_parts(values[name])
    ]
    return ", ".join(f"{name} {_short(value)}" for name, value in plain[:5])


def _has_parts(value: Any) -> bool:
    is_bundle = isinstance(value, dict) and {"prompt", "number"} <= value.keys()
    return isinstance(value, dict | list) and not is_bundle


def _whole(value: Any) -> str:
    if isinstance(value, dict | list) and not all(isinstance(item, str) for item in value):
        return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True)
    return block.plain(value)


def _log_title(log: AuditLog) -> str:
    shown = f"{plural(len(log.events), 'event')} of the audit trail"
    return f"{shown}, the newest" if log.has_more else shown


def _filters(log: AuditLog) -> list[str]:
    words = [f"{name} {abbreviate(said, NAME)}" for name, said in log.search.words.items()]
    return [
        *words,
        f"the trail ends at event {log.newest_seq:,}" if log.newest_seq else "it is empty",
    ]
