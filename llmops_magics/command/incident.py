"""The operation on incidents, one of those on the audit trail."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from llmops_magics.command.operation import Context, Operation, argument
from llmops_magics.errors import UsageError

if TYPE_CHECKING:
    from llmops_magics.workbench.incidents import Incidents

SEVERITIES = ("near-miss", "minor", "major", "serious")
_DETAILS = {
    "description": "what happened, in a few sentences",
    "impact": "what came of it",
    "stakeholders": "who is concerned",
    "source": "where it was seen: a user, a monitor, an audit",
    "data_reported": "what the report rests on: traces, tickets",
    "occurred_at": "when it happened: 2h ago, or a time (default: now)",
    "reporter": "who reported it (default: you)",
    "system_id": "the system's id in your inventory (default: PROMPT@ENVIRONMENT)",
}


def _open(incidents: Incidents, args: Namespace) -> Any:
    if not args.title:
        raise UsageError("the incident has no title.", hint="Add --title TEXT.")
    details = {name: getattr(args, name) for name in _DETAILS}
    return incidents.open(args.name, args.title, severity=args.severity, **details)


def _close(incidents: Incidents, args: Namespace) -> Any:
    return incidents.close(args.name, args.action)


def _show(incidents: Incidents, args: Namespace) -> Any:
    return incidents.get(args.name)


def _list(incidents: Incidents, args: Namespace) -> Any:
    return incidents.list(args.name, only_open=args.only_open)


_CALLS: dict[str, Callable[[Incidents, Namespace], Any]] = {
    "open": _open,
    "close": _close,
    "show": _show,
    "list": _list,
}


def _call(context: Context, args: Namespace) -> Any:
    return _CALLS[args.what](context.workspace.audit.incidents, args)


INCIDENT = Operation(
    name="incident",
    summary="Write down what went wrong in production, close it, or list what there is.",
    example='incident open support/answer@production --title "wrong refunds" --severity major',
    arguments=(
        argument("what", choices=tuple(_CALLS), help="open, close, show or list"),
        argument(
            "name",
            nargs="?",
            default="",
            complete="ref",
            help="PROMPT@ENVIRONMENT to open or list, the incident's id to close or show",
        ),
        argument("--title", default="", help="what happened, in a line"),
        argument(
            "--severity", choices=SEVERITIES, default="minor", help="how bad (default: minor)"
        ),
        *(
            argument(f"--{name.replace('_', '-')}", default="", metavar="TEXT", help=words)
            for name, words in _DETAILS.items()
        ),
        argument("--action", default="", metavar="TEXT", help="to close: what was done about it"),
        argument("--only-open", action="store_true", help="list what is open alone"),
    ),
    call=_call,
)
