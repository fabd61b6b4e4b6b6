"""``llmops rightsize``: the same as ``%llm_rightsize``; exit code 3 where it is inconclusive."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from llmops_magics.cli.operation import add_json, show
from llmops_magics.cli.subcommand import command
from llmops_magics.command.operation import Context
from llmops_magics.command.rightsize import ARGUMENTS, EXAMPLE, SUMMARY, call

INCONCLUSIVE_EXIT = 3


def add_to(commands: Any) -> None:
    """Add the command."""
    parser = command(commands, "rightsize", summary=SUMMARY, example=f"llmops rightsize {EXAMPLE}")
    for each in ARGUMENTS:
        each.add_to(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Make the call and print what comes back; the plan and questions go to stderr."""
    from llmops_magics.command.consent import Console
    from llmops_magics.command.progress import CaseProgress
    from llmops_magics.workspace import current_workspace

    console = Console(stream=sys.stderr, ask=_ask if sys.stdin.isatty() else None)
    with CaseProgress(sys.stderr, is_shown=sys.stderr.isatty()) as progress:
        record = call(Context(workspace=current_workspace(), progress=progress), args, console)
    show(record, args)
    return INCONCLUSIVE_EXIT if getattr(record, "verdict", "") == "INCONCLUSIVE" else 0


def _ask(question: str) -> str:
    print(question, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline()
