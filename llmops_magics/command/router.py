"""The operations on routers: ``%llm_router`` in a notebook, ``llmops router`` elsewhere."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from llmops_magics.command.operation import Context, Operation, argument
from llmops_magics.command.value import assignment

SUMMARY = "List the routers of llmops.toml, and try what one does with a text."


def _list(context: Context, _args: Namespace) -> Any:
    return context.workspace.routers.list()


def _show(context: Context, args: Namespace) -> Any:
    return context.workspace.routers.show(args.router)


def _try(context: Context, args: Namespace) -> Any:
    routers = context.workspace.routers
    request = routers.request(
        args.router, args.text, prompt=args.prompt, attributes=dict(args.attribute)
    )
    if not args.call:
        return routers.choose(request)
    routers.choose(request)  # an unknown router is said before a client is made
    return routers.answered(request, context.workspace.client.chat_blocking(request))


_NAME = argument(
    "router", metavar="NAME", complete="router", help="as in [router.NAME], or router/NAME"
)
OPERATIONS: dict[str, Operation] = {
    operation.name: operation
    for operation in (
        Operation(name="list", summary="List every router.", example="list", call=_list),
        Operation(
            name="show",
            summary="Show what one router goes by.",
            example="show support",
            arguments=(_NAME,),
            call=_show,
        ),
        Operation(
            name="try",
            summary="Say which models a text would be sent to; nothing is asked without --call.",
            example='try support "Where is my parcel?"',
            arguments=(
                _NAME,
                argument("text", help="the user's message"),
                argument(
                    "--prompt", default="", complete="ref", help="as if it came from this prompt"
                ),
                argument(
                    "--attribute", action="append", default=[], type=assignment, metavar="k=v",
                    help="as if the request had it, or its session; may be repeated",
                ),
                argument("--call", action="store_true", help="make the call, and show the answer"),
            ),
            call=_try,
        ),
    )
}  # fmt: skip
