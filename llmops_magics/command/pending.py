"""The operations on what the boundaries decided, and on what waits for a person."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from llmops_magics.command.operation import Context, Operation, argument
from llmops_magics.command.value import count
from llmops_magics.config.guard import ACTIONS
from llmops_magics.guard.detector import BOUNDARIES


def _decisions(context: Context, args: Namespace) -> Any:
    context.workspace.flush_spans()
    return context.workspace.guard.decisions(
        action=args.action, boundary=args.boundary, trace_id=args.trace, limit=args.limit
    )


def _pending(context: Context, args: Namespace) -> Any:
    return context.workspace.guard.pending(all_states=args.all)


def _allow(context: Context, args: Namespace) -> Any:
    return context.workspace.guard.allow(args.question, args.message)


def _deny(context: Context, args: Namespace) -> Any:
    return context.workspace.guard.deny(args.question, args.message)


_QUESTION = argument("question", metavar="ID", complete="question", help="as `pending` lists it")
_MESSAGE = argument("-m", "--message", default="", help="why")
OPERATIONS = (
    Operation(
        name="decisions",
        summary="List what was found, refused or asked about at the boundaries.",
        example="decisions --action block",
        arguments=(
            argument("--action", default="", choices=ACTIONS, help="only these"),
            argument("--boundary", default="", choices=BOUNDARIES, complete="boundary"),
            argument("--trace", default="", metavar="ID", help="only those of one trace"),
            argument("--limit", type=count, default=200, help="the newest so many (default: 200)"),
        ),
        call=_decisions,
    ),
    Operation(
        name="pending",
        summary="List what waits for a person's yes.",
        example="pending",
        arguments=(argument("--all", action="store_true", help="what was answered, too"),),
        call=_pending,
    ),
    Operation(
        name="allow",
        summary="Say yes to a question; a person answers, never a model.",
        example="allow 3f2a -m 'the customer asked for it'",
        arguments=(_QUESTION, _MESSAGE),
        call=_allow,
    ),
    Operation(
        name="deny",
        summary="Say no to a question.",
        example="deny 3f2a -m 'not this account'",
        arguments=(_QUESTION, _MESSAGE),
        call=_deny,
    ),
)
