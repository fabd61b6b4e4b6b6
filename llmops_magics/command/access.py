"""``%guard can`` in a notebook, ``llmops guard can`` elsewhere: may somebody, and by which rule."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from llmops_magics.command.operation import Context, Operation, argument
from llmops_magics.guard.access.resource import ACTIONS

if TYPE_CHECKING:
    from llmops_magics.guard.access.decision import AccessDecision

ALLOWED, DENIED = 0, 1


def _can(context: Context, args: Namespace) -> Any:
    from dataclasses import replace

    from llmops_magics.guard.access.resource import Resource, read_resource

    what: Resource | str = args.resource
    if args.author:
        what = replace(read_resource(args.action, args.resource), author=args.author)
    known = {
        "label": args.label,
        "prompt": args.prompt,
        "tainted": args.tainted,
        "arguments": args.arguments,
    }
    return context.workspace.access.explain(args.user, args.action, what, known)


def _exit_code(decision: AccessDecision) -> int:
    return ALLOWED if decision.allowed else DENIED


CAN = Operation(
    name="can",
    summary="Tell whether somebody may do something, and which policy decides.",
    example="can ann approve support/answer",
    arguments=(
        argument(
            "user",
            metavar="USER",
            complete="principal",
            help="a name, such as those of [access.roles] and [access.groups]",
        ),
        argument("action", metavar="ACTION", choices=tuple(ACTIONS), help=", ".join(ACTIONS)),
        argument(
            "resource",
            metavar="RESOURCE",
            complete="resource",
            help="a prompt, an environment, CORPUS/DOCUMENT, a tool, or KIND:NAME; workspace",
        ),
        argument("--author", default="", metavar="NAME", help="whose change is to be approved"),
        argument(
            "--label",
            default="",
            complete="label",
            metavar="LABEL",
            help="of label_prompt: which label",
        ),
        argument(
            "--prompt",
            default="",
            complete="name",
            metavar="PROMPT",
            help="of call_tool: the prompt whose model asks",
        ),
        argument("--arguments", default=None, metavar="JSON", help="of call_tool: with which"),
        argument(
            "--tainted",
            action="store_true",
            help="of call_tool: after text that nobody vouches for",
        ),
    ),
    call=_can,
    exit_code=_exit_code,
)
