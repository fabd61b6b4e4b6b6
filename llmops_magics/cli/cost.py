"""``llmops cost``: the same as ``%llm_cost``."""

from __future__ import annotations

import argparse
from typing import Any

from llmops_magics.cli.operation import add_json, show
from llmops_magics.cli.subcommand import command
from llmops_magics.command.cost import ARGUMENTS, EXAMPLE, SUMMARY, call
from llmops_magics.command.operation import Context


def add_to(commands: Any) -> None:
    """Add the command."""
    parser = command(commands, "cost", summary=SUMMARY, example=f"llmops cost {EXAMPLE}")
    for each in ARGUMENTS:
        each.add_to(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Make the call and print what comes back."""
    from llmops_magics.workspace import current_workspace

    show(call(Context(workspace=current_workspace()), args), args)
    return 0
