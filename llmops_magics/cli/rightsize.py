"""``llmops rightsize``: the same as ``%llm_rightsize``; exit code 3 where it is inconclusive."""

from __future__ import annotations

import argparse
from typing import Any

from llmops_magics.cli.operation import add_operation, terminal
from llmops_magics.command.operation import Context, Operation
from llmops_magics.command.rightsize import ARGUMENTS, EXAMPLE, SUMMARY, call

INCONCLUSIVE_EXIT = 3


def add_to(commands: Any) -> None:
    """Add the command."""
    add_operation(
        commands,
        Operation(
            name="rightsize",
            summary=SUMMARY,
            example=EXAMPLE,
            arguments=ARGUMENTS,
            call=_call,
            exit_code=_exit_code,
        ),
    )


def _call(context: Context, args: argparse.Namespace) -> Any:
    return call(context, args, terminal())


def _exit_code(record: Any) -> int:
    """Return that of a verdict; a plan has none."""
    return INCONCLUSIVE_EXIT if getattr(record, "verdict", "") == "INCONCLUSIVE" else 0
