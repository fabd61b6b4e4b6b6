"""``llmops metrics``: the same as ``%llm_metrics``, and text for Prometheus."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from llmops_magics.cli.operation import add_operation, run_operation
from llmops_magics.command.metrics import ARGUMENTS, EXAMPLE, SUMMARY, call
from llmops_magics.command.operation import Operation
from llmops_magics.errors import UsageError

METRICS = Operation(
    name="metrics", summary=SUMMARY, example=EXAMPLE, arguments=ARGUMENTS, call=call
)


def add_to(commands: Any) -> None:
    """Add the command."""
    parser = add_operation(commands, METRICS)
    parser.add_argument(
        "--prometheus", action="store_true", help="print all stored calls for Prometheus to scrape"
    )
    parser.set_defaults(run=run)
    parser.set_defaults(_plain={name: parser.get_default(name) for name in ("by", "since")})


def run(args: argparse.Namespace) -> int:
    """Make the call and print what comes back."""
    from llmops_magics.workspace import current_workspace

    if not args.prometheus:
        return run_operation(METRICS, args)
    if args.json or args.where or any(getattr(args, k) != v for k, v in args._plain.items()):  # noqa: SLF001
        raise UsageError(
            "--prometheus has all stored calls by model, prompt and purpose.",
            hint="Leave the other options out: a counter of a moving window would not be one.",
        )
    sys.stdout.write(current_workspace().monitors.prometheus())
    return 0
