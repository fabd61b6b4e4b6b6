"""``llmops power``: the same as ``%llm_power``, printed as text or as JSON."""

from __future__ import annotations

import argparse
import json
from typing import Any

from llmops_magics.cli.subcommand import command
from llmops_magics.command.operation import Context
from llmops_magics.command.power import ARGUMENTS, EXAMPLE, SUMMARY, call


def add_to(commands: Any) -> None:
    """Add the command."""
    parser = command(commands, "power", summary=SUMMARY, example=f"llmops power {EXAMPLE}")
    for each in ARGUMENTS:
        each.add_to(parser)
    parser.add_argument("--json", action="store_true", help="print the record as JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Make the call and print what comes back."""
    import llmops_magics.views  # noqa: F401  (fills the registry of views)
    from llmops_magics.record import VIEWS
    from llmops_magics.workspace import current_workspace

    record = call(Context(workspace=current_workspace()), args)
    if args.json:
        print(json.dumps(record.to_dict(), ensure_ascii=False, indent=2))
    else:
        print(VIEWS[record.kind].text(record))
    return 0
