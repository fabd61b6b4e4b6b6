"""``llmops calibrate``: the same as ``%llm_calibrate``. Exit code 0 granted, 1 refused."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from llmops_magics.cli.operation import add_json, show
from llmops_magics.cli.subcommand import command
from llmops_magics.command.calibrate import ARGUMENTS, EXAMPLE, SUMMARY, call
from llmops_magics.command.operation import Context


def add_to(commands: Any) -> None:
    """Add the command."""
    parser = command(commands, "calibrate", summary=SUMMARY, example=f"llmops calibrate {EXAMPLE}")
    for each in ARGUMENTS:
        each.add_to(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Make the call and print what comes back."""
    from llmops_magics.command.progress import CaseProgress
    from llmops_magics.workspace import current_workspace

    with CaseProgress(sys.stderr, is_shown=sys.stderr.isatty()) as progress:
        record = call(Context(workspace=current_workspace(), progress=progress), args)
    show(record, args)
    return 0 if record.decision.granted else 1
