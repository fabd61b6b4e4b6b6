"""``%llm_metrics`` in a notebook, ``llmops metrics`` on the command line."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from llmops_magics.command.operation import Context, argument
from llmops_magics.command.value import assignment

SUMMARY = "Add up the stored calls: errors, latency, tokens, cost, cache hits, failures."
EXAMPLE = "--by prompt --since 7d"
BY = ("prompt", "version", "model", "notebook", "day", "hour", "purpose")
ARGUMENTS = (
    argument("--by", default="model", choices=BY, help="what a row is (default: model)"),
    argument("--since", default="24h", help="how far back: 30m, 24h, 7d, or all (default: 24h)"),
    argument(
        "--where",
        action="append",
        type=assignment,
        default=[],
        metavar="NAME=VALUE",
        help="only calls with this prompt, model or purpose; may be repeated",
    ),
)
PLOT = argument(
    "--plot", action="store_true", help="show latency and calls over time, and cost by model"
)


def call(context: Context, args: Namespace) -> Any:
    """Add up what is stored."""
    return context.workspace.monitors.metrics(
        by=args.by,
        since=args.since,
        where=dict(args.where),
        is_plotted=getattr(args, "plot", False),
    )
