"""The operations on rollouts under way: part of ``%llm_release`` and of ``llmops release``."""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from llmops_magics.command.operation import Context, Operation, argument

if TYPE_CHECKING:
    from llmops_magics.release.rollout.record import RolloutLook

PLACE = argument("place", metavar="NAME@ENV", help="the prompt and its environment")


def _watch(context: Context, args: Namespace) -> Any:
    return context.workspace.rollouts.watch(
        args.place,
        once=args.once,
        every_s=args.every,
        times=args.times,
        on_look=_say,
    )


def _say(look: RolloutLook) -> None:
    """Write a line a look: on stderr, for what is printed at the end may be JSON."""
    from llmops_magics.views.rollout import look_line

    sys.stderr.write(f"{look_line(look)}\n")
    sys.stderr.flush()


def _look(context: Context, args: Namespace) -> Any:
    return context.workspace.rollouts.report(args.place)


def _shadow(context: Context, args: Namespace) -> Any:
    return context.workspace.rollouts.shadow(args.place)


def _seconds(text: str) -> float:
    """Read a time such as 30s or 5m; an argparse type."""
    from argparse import ArgumentTypeError

    from llmops_magics.config.release import parse_duration

    try:
        return max(parse_duration(text).total_seconds(), 1.0)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None


OPERATIONS: dict[str, Operation] = {
    operation.name: operation
    for operation in (
        Operation(
            name="watch",
            summary="Look at the rollouts again and again; advance, hold or roll back, until "
            "Ctrl-C.",
            example="watch --every 30s",
            arguments=(
                argument(
                    "place",
                    nargs="?",
                    default="",
                    metavar="NAME@ENV",
                    help="this rollout only (default: all)",
                ),
                argument("--once", action="store_true", help="look once, and stop"),
                argument(
                    "--every",
                    type=_seconds,
                    default=30.0,
                    metavar="TIME",
                    help="how often (default: 30s)",
                ),
                argument(
                    "--times", type=int, default=0, metavar="N", help="stop after so many looks"
                ),
            ),
            call=_watch,
            exit_code=lambda record: record.exit_code,
        ),
        Operation(
            name="look",
            summary="Show what is seen of a rollout now, and every look so far; changes nothing.",
            example="look support/answer@production",
            arguments=(PLACE,),
            call=_look,
        ),
        Operation(
            name="shadow",
            summary="Show how the candidate's answers in shadow mode compare with those given.",
            example="shadow support/answer@production",
            arguments=(PLACE,),
            call=_shadow,
        ),
    )
}
