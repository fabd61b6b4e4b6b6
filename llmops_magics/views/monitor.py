"""How monitors look: their states, what a check found, and the banner below a cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block, style
from llmops_magics.views.column import columns
from llmops_magics.views.format import NOTHING, count, duration, moment, number, plural, share
from llmops_magics.views.markup import Markup, abbreviate, element, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_magics.monitoring.record import (
        Monitor,
        MonitorBanner,
        MonitorCheck,
        MonitorEdit,
        MonitorList,
        MonitorView,
        Notice,
        Observation,
        StateChange,
    )

_MARKS = {
    "ok": ("✓ ok", style.GREEN),
    "alert": ("✗ alert", style.RED),
    "no data": ("? no data", style.AMBER),
    "": ("… not checked", style.GREY),
}
_HEADS = ("monitor", "state", "measured", "calls", "rule", "since", "told by")
_NAME_CHARACTERS = 60
_RULE_CHARACTERS = 200
_HINT = '%llm_monitor add "p95(latency_ms) > 4000 over 15m" watches a rule.'


def monitor_list_html(listed: MonitorList) -> Markup:
    """Show a row a monitor."""
    return block.outer(
        block.heading(element("strong", plural(len(listed.monitors), "monitor"))),
        _table("As each was last found", listed.monitors),
        None if listed.monitors else element("div", _HINT, style=style.SMALL),
    )


def monitor_list_text(listed: MonitorList) -> str:
    """Return a line a monitor."""
    title = plural(len(listed.monitors), "monitor")
    return visible("\n".join([title, *(_lines(listed.monitors) or [f"  {_HINT}"])]))


def monitor_check_html(check: MonitorCheck) -> Markup:
    """Show every monitor, then what changed and who was told."""
    return block.outer(
        block.heading(element("strong", _check_title(check))),
        block.subline([moment(check.at)]),
        _table("Now", check.monitors),
        _list("Changes of state", [change_line(change) for change in check.changes]),
        _list("Told", [notice_line(notice) for notice in check.notices]),
        None if check.monitors else element("div", _HINT, style=style.SMALL),
    )


def monitor_check_text(check: MonitorCheck) -> str:
    """Return a line a monitor, a change and a notice."""
    return visible(
        "\n".join(
            [
                f"{_check_title(check)}{block.DOT}{moment(check.at)}",
                *(_lines(check.monitors) or [f"  {_HINT}"]),
                *(f"  {change_line(change)}" for change in check.changes),
                *(f"  {notice_line(notice)}" for notice in check.notices),
            ]
        )
    )


def monitor_view_html(view: MonitorView) -> Markup:
    """Show one monitor: its rule, what it measures now, and its history."""
    monitor = view.monitor
    words, colour = _MARKS.get(view.now.state, (view.now.state, style.GREY))
    changes = [_change_row(change) for change in view.changes]
    heads = [
        block.marked_head("state"), block.head("before"), block.number_head("measured"),
        block.number_head("calls"), block.head("found by"), block.head("when"),
    ]  # fmt: skip
    return block.outer(
        block.heading(
            element("strong", abbreviate(monitor.name, _NAME_CHARACTERS)),
            block.badge(words, colour),
        ),
        block.subline(["measured now, not stored", _seen(monitor.rule, view.now), view.now.reason]),
        block.facts("The monitor", _facts(monitor)),
        block.table("Changes of state, the newest first", heads, changes) if changes else Markup(),
        block.more(view.total_changes - len(changes), "change"),
    )


def monitor_view_text(view: MonitorView) -> str:
    """Return the rule, what it measures now, and its history."""
    monitor = view.monitor
    now = f"{view.now.state}{block.DOT}{_seen(monitor.rule, view.now)}{block.DOT}{view.now.reason}"
    lines = [f"{monitor.name}: {now} (measured now, not stored)"]
    lines += [f"  {name}: {value}" for name, value in _facts(monitor).items() if value]
    rows = [
        (change.state, change.before, _value(change.rule, change.observation),
         count(change.observation.calls), change.actor, moment(change.at))
        for change in view.changes
    ]  # fmt: skip
    if rows:
        heads = ("state", "before", "measured", "calls", "found by", "when")
        lines += columns(
            heads, rows, numbers=(2, 3), fixed=(0, 1, 5), noun="change", total=view.total_changes
        )
    return visible("\n".join(lines))


def monitor_edit_html(edit: MonitorEdit) -> Markup:
    """Say what was added or removed, and how it is told."""
    return block.outer(
        block.heading(element("strong", _edit_title(edit))),
        block.facts("The monitor", _edit_facts(edit)),
    )


def monitor_edit_text(edit: MonitorEdit) -> str:
    """Say what was added or removed, and how it is told."""
    facts = [f"  {name}: {value}" for name, value in _edit_facts(edit).items() if value]
    return visible("\n".join([_edit_title(edit), *facts]))


def monitor_banner_html(banner: MonitorBanner) -> Markup:
    """Show what began to alert, in a block that cannot be overlooked."""
    rows = [
        element(
            "div",
            element("strong", f"✗ {abbreviate(change.monitor, _NAME_CHARACTERS)}"),
            f" {abbreviate(change.rule, _RULE_CHARACTERS)}",
            element("div", _banner_words(change), style=style.SMALL),
            dir="auto",
        )
        for change in banner.changes
    ]
    title = element("strong", _banner_title(banner))
    return block.outer(element("div", title, *rows, style=style.banner(style.RED)))


def monitor_banner_text(banner: MonitorBanner) -> str:
    """Say what began to alert."""
    lines = [f"  {c.monitor}: {c.rule}{block.DOT}{_banner_words(c)}" for c in banner.changes]
    return visible("\n".join([_banner_title(banner), *lines]))


def change_line(change: StateChange) -> str:
    """Say a change of state in a line."""
    was = f" (was {change.before})" if change.before else ""
    seen = _seen(change.rule, change.observation)
    name, rule = abbreviate(change.monitor, _NAME_CHARACTERS), abbreviate(change.rule, 200)
    line = f"{moment(change.at)}  {name}: {change.state}{was}{block.DOT}{seen}{block.DOT}{rule}"
    return visible(line)


def notice_line(notice: Notice) -> str:
    """Say who was told, or why not."""
    name = abbreviate(notice.monitor, _NAME_CHARACTERS)
    problem = f" failed: {abbreviate(notice.problem, 200)}" if notice.problem else " told"
    return visible(f"{name}: {abbreviate(notice.way, 100)}{problem}")


def _banner_title(banner: MonitorBanner) -> str:
    noun = plural(len(banner.changes), "monitor")
    return f"{noun} alert{'s' if len(banner.changes) == 1 else ''}"


def _banner_words(change: StateChange) -> str:
    return f"{_seen(change.rule, change.observation)}{block.DOT}since {moment(change.at)}"


def _check_title(check: MonitorCheck) -> str:
    states = [monitor.state for monitor in check.monitors]
    parts = [
        f"{states.count(state)} {state}" for state in ("alert", "no data", "ok") if state in states
    ]
    return f"{plural(len(states), 'monitor')}{': ' + ', '.join(parts) if parts else ''}"


def _edit_title(edit: MonitorEdit) -> str:
    done = edit.action if edit.changed else f"{edit.action} before, unchanged"
    return f"Monitor {abbreviate(edit.name, _NAME_CHARACTERS)} {done}"


def _edit_facts(edit: MonitorEdit) -> dict[str, str]:
    told = _told(edit.ways) if edit.action == "added" else ""
    return {
        "alerts when": edit.rule,
        "at least": plural(edit.min_calls, "call"),
        "told by": told,
    }


def _facts(monitor: Monitor) -> dict[str, str]:
    words, _ = _MARKS.get(monitor.state, (monitor.state, ""))
    since = f" since {moment(monitor.state_since)}" if monitor.state_since else ""
    return {
        "alerts when": monitor.rule,
        "at least": plural(monitor.min_calls, "call"),
        "stored state": f"{words}{since}",
        "told by": _told(monitor.ways),
        "set by": f"{monitor.actor}, {moment(monitor.at)}",
    }


def _told(ways: Sequence[str]) -> str:
    return ", ".join(["notebooks of this workspace", *ways])


def _table(caption: str, monitors: Sequence[Monitor]) -> Markup:
    if not monitors:
        return Markup()
    heads = [
        block.marked_head(_HEADS[0]),
        block.head(_HEADS[1]),
        *(block.number_head(name) for name in _HEADS[2:4]),
        *(block.head(name) for name in _HEADS[4:]),
    ]
    shown = monitors[: block.MAX_ROWS]
    return element(
        "div",
        block.table(caption, heads, map(_row, shown)),
        block.more(len(monitors) - len(shown), "monitor"),
    )


def _row(monitor: Monitor) -> Markup:
    words, colour = _MARKS.get(monitor.state, (monitor.state, style.GREY))
    name = abbreviate(monitor.name, _NAME_CHARACTERS)
    seen = monitor.observation
    return block.row(
        element("th", name, scope="row", dir="auto", style=style.first_cell(colour)),
        block.cell(block.badge(words, colour)),
        block.number_cell(_value(monitor.rule, seen)),
        block.number_cell(count(seen.calls) if seen else NOTHING),
        block.cell(element("code", abbreviate(monitor.rule, _RULE_CHARACTERS), dir="auto")),
        element("td", moment(monitor.state_since) or NOTHING, style=style.TIME),
        block.cell(abbreviate(", ".join(monitor.ways), 120) or "notebook"),
    )


def _lines(monitors: Sequence[Monitor]) -> list[str]:
    rows = [
        (m.name, m.state or "not checked", _value(m.rule, m.observation),
         moment(m.state_since)[:16], m.rule)
        for m in monitors
    ]  # fmt: skip
    heads = ("monitor", "state", "measured", "since", "rule")
    return columns(heads, rows, numbers=(2,), fixed=(1, 3), noun="monitor") if rows else []


def _change_row(change: StateChange) -> Markup:
    words, colour = _MARKS.get(change.state, (change.state, style.GREY))
    return block.row(
        element("th", block.badge(words, colour), scope="row", style=style.first_cell(colour)),
        block.cell(change.before or NOTHING),
        block.number_cell(_value(change.rule, change.observation)),
        block.number_cell(count(change.observation.calls)),
        block.cell(abbreviate(change.actor, _NAME_CHARACTERS)),
        element("td", moment(change.at), style=style.TIME),
    )


def _list(title: str, lines: Sequence[str]) -> Markup:
    if not lines:
        return Markup()
    shown = lines[: block.MAX_ROWS]
    return element(
        "div",
        element("div", title, style=style.SECTION),
        block.bullets(shown),
        block.more(len(lines) - len(shown), "line"),
    )


def _seen(rule: str, seen: Observation) -> str:
    if seen.value is None:
        return "nothing measured"
    return f"{_value(rule, seen)} on {plural(seen.calls, 'call')}"


def _value(rule: str, seen: Observation | None) -> str:
    """Show a value in the unit of the rule's metric."""
    if seen is None or seen.value is None:
        return NOTHING
    metric = rule.partition(" over ")[0]
    if "_ms" in metric:
        return duration(seen.value)
    if "_rate" in metric:
        return share(seen.value)
    if "cost_usd" in metric:
        from decimal import Decimal

        from llmops_magics.views.format import money

        lead = "at least " if seen.is_lower_bound else ""
        return f"{lead}{money(Decimal(str(seen.value)))}"
    return number(seen.value)
