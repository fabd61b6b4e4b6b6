"""The operations on monitors: ``%llm_monitor`` in a notebook, ``llmops monitor`` elsewhere."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from llmops_magics.command.operation import Context, Operation, argument

NAME = argument("name", complete="monitor", help="the monitor's name")


def _add(context: Context, args: Namespace) -> Any:
    return context.workspace.monitors.add(
        args.rule, name=args.name, notify=args.notify, min_calls=args.min_calls
    )


def _list(context: Context, _: Namespace) -> Any:
    return context.workspace.monitors.list()


def _show(context: Context, args: Namespace) -> Any:
    return context.workspace.monitors.show(args.name)


def _check(context: Context, args: Namespace) -> Any:
    return context.workspace.monitors.check(args.name)


def _remove(context: Context, args: Namespace) -> Any:
    return context.workspace.monitors.remove(args.name)


OPERATIONS: dict[str, Operation] = {
    operation.name: operation
    for operation in (
        Operation(
            name="add",
            summary="Watch a rule over the stored calls, and say how you are told of changes.",
            example='add "p95(latency_ms) > 4000 over 15m" --name slow',
            arguments=(
                argument("rule", help="METRIC COMPARISON NUMBER over TIME, in quotation marks"),
                argument("--name", default="", help="what it is called (default: by its metric)"),
                argument(
                    "--notify",
                    action="append",
                    default=[],
                    metavar="WAY",
                    help="webhook:URL, webhook:$VARIABLE, 'command:PROGRAM ARGUMENTS' or notebook; "
                    "kept for you on this machine, never in the store; may be repeated",
                ),
                argument(
                    "--min-calls",
                    type=int,
                    default=20,
                    help="with fewer there is no data, except for counts and sums (default: 20)",
                ),
            ),
            call=_add,
        ),
        Operation(
            name="list",
            summary="List the monitors with the state that each was last found in.",
            example="list",
            call=_list,
        ),
        Operation(
            name="check",
            summary="Measure now, store what changed, and tell of it: exit code 1 with an alert, "
            "3 without data.",
            example="check",
            arguments=(
                argument(
                    "name", nargs="?", default="", complete="monitor", help="this one, not all"
                ),
            ),
            call=_check,
            exit_code=lambda record: record.exit_code,
        ),
        Operation(
            name="show",
            summary="Show a monitor, what it measures now, and its changes of state.",
            example="show slow",
            arguments=(NAME,),
            call=_show,
        ),
        Operation(
            name="remove",
            summary="Watch a rule no longer; its history stays.",
            example="remove slow",
            arguments=(NAME,),
            call=_remove,
        ),
    )
}
