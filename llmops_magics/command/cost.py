"""``%llm_cost`` in a notebook, ``llmops cost`` on the command line."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from llmops_magics.command.operation import Context, argument

SUMMARY = "Say what model calls have cost, by prompt, model, notebook, day or user."
EXAMPLE = "--by prompt --since 7d"
GROUPS = ("prompt", "model", "version", "notebook", "day", "user", "session", "purpose")
ARGUMENTS = (
    argument("--by", default="model", choices=GROUPS, help="one row for each (default: model)"),
    argument("--since", default="", help="how long ago (7d, 2h) or a date; else all there is"),
    argument(
        "--reprice",
        action="store_true",
        help="price the tokens again, by the tables of now at the time of each call",
    ),
    argument("--forecast", action="store_true", help="say where this month is heading"),
)


def call(context: Context, args: Namespace) -> Any:
    """Return the report."""
    from llmops_magics.tracing.moment import moment_ns

    return context.workspace.costs.report(
        args.by,
        since_ns=moment_ns(args.since) if args.since else 0,
        reprice=args.reprice,
        with_forecast=args.forecast,
    )
