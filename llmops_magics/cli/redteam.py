"""``llmops redteam``: the same as ``%llm_redteam``; exit code 1 where an attack succeeded."""

from __future__ import annotations

import argparse
from typing import Any

from llmops_magics.cli.operation import add_operation, terminal
from llmops_magics.command.operation import Context, Operation
from llmops_magics.command.redteam import ARGUMENTS, EXAMPLE, SUMMARY, call, exit_code


def add_to(commands: Any) -> None:
    """Add the command."""
    add_operation(
        commands,
        Operation(
            name="redteam",
            summary=SUMMARY,
            example=EXAMPLE,
            arguments=ARGUMENTS,
            call=_call,
            exit_code=exit_code,
        ),
    )


def _call(context: Context, args: argparse.Namespace) -> Any:
    return call(context, args, terminal())
