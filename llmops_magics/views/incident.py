"""How incidents look: the open ones first, each with what the report of one has to say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_magics.views import block, style
from llmops_magics.views.column import columns
from llmops_magics.views.format import moment, plural
from llmops_magics.views.markup import Markup, abbreviate, element, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_magics.release.incident import Incident, IncidentList

_NAME = 80
_TITLE = 200
_COLOURS = {"serious": style.RED, "major": style.RED, "minor": style.AMBER}
_HINT = "`llmops audit incident open PROMPT@production --title …` writes one down."


def incident_html(found: Incident) -> Markup:
    """Show one incident with all that is known of it."""
    return block.outer(
        block.heading(
            element("strong", abbreviate(found.title, _TITLE)),
            state_badge(found),
            block.badge(abbreviate(found.severity, _NAME), _colour(found)),
        ),
        block.subline([found.id, found.resource, f"opened {moment(found.opened_at)}"]),
        block.facts("The report", _facts(found)),
    )


def incident_text(found: Incident) -> str:
    """Return the incident in a few lines."""
    lines = [f"{found.id}: {_line(found)}"]
    facts = _facts(found).items()
    lines += [f"  {name}: {abbreviate(said, 1_000)}" for name, said in facts if said]
    return visible("\n".join(lines))


def incident_list_html(listed: IncidentList) -> Markup:
    """Show a row an incident."""
    return block.outer(
        block.heading(element("strong", _title(listed))),
        incident_table("The open ones first", listed.incidents) if listed.incidents else None,
        None if listed.incidents else block.hint(_HINT),
    )


def incident_list_text(listed: IncidentList) -> str:
    """Return a line an incident."""
    rows = [
        (each.id, each.state, each.severity, each.resource, moment(each.occurred_at), each.title)
        for each in listed.incidents
    ]
    heads = ("incident", "state", "severity", "of", "happened", "title")
    lines = columns(heads, rows, fixed=(1, 2, 4), noun="incident") if rows else []
    return visible("\n".join([_title(listed), *(lines or [f"  {_HINT.replace('`', '')}"])]))


def incident_table(caption: str, incidents: Sequence[Incident]) -> Markup:
    """Show a row an incident: what, how bad, which versions, and what was done."""
    names = ("incident", "state", "severity", "of", "versions", "happened", "action taken")
    heads = [block.marked_head(names[0]), *(block.head(name) for name in names[1:])]
    shown = incidents[: block.MAX_ROWS]
    return element(
        "div",
        block.table(caption, heads, map(_row, shown), wide=True),
        block.more(len(incidents) - len(shown), "incident"),
    )


def state_badge(found: Incident) -> Markup:
    """Put the state on a tint."""
    if found.is_open:
        return block.badge("! open", style.RED)
    return block.badge(f"✓ {abbreviate(found.state, _NAME)}", style.GREEN)


def _row(found: Incident) -> Markup:
    title = element("div", abbreviate(found.title, _TITLE), dir="auto")
    small = element("div", found.id, style=style.SMALL)
    look = style.first_cell(style.RED if found.is_open else style.GREY)
    return block.row(
        element("th", title, small, scope="row", style=look),
        block.cell(state_badge(found)),
        block.cell(block.badge(abbreviate(found.severity, _NAME), _colour(found))),
        block.cell(abbreviate(found.resource, 2 * _NAME)),
        block.cell(block.names(found.versions, 5)),
        element("td", moment(found.occurred_at), style=style.TIME),
        block.cell(block.folded(found.action_taken)),
    )


def _facts(found: Incident) -> dict[str, str]:
    return {
        "system": found.system_id,
        "reporter": found.reporter,
        "source": found.source,
        "data reported": found.data_reported,
        "happened": moment(found.occurred_at),
        "description": found.description,
        "impact": found.impact,
        "stakeholders": found.stakeholders,
        "versions served then": block.names(found.versions, 20),
        "action taken": found.action_taken,
        "closed": moment(found.closed_at),
        "written by": found.actor,
    }


def _line(found: Incident) -> str:
    parts = [abbreviate(found.title, _TITLE), found.state, found.severity, found.resource]
    return block.DOT.join([*parts, f"opened {moment(found.opened_at)}"])


def _title(listed: IncidentList) -> str:
    still = sum(each.is_open for each in listed.incidents)
    return f"{plural(len(listed.incidents), 'incident')}, {still:,} open"


def _colour(found: Incident) -> str:
    return _COLOURS.get(found.severity, style.GREY)
