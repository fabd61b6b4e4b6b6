"""``llmops monitor``: the operations of ``%llm_monitor``, and ``watch``, which checks for ever."""

from __future__ import annotations

import argparse
import json
import sys
import time
from argparse import ArgumentTypeError
from typing import TYPE_CHECKING, Any

from llmops_magics.cli.operation import add_json, add_operations
from llmops_magics.cli.subcommand import command
from llmops_magics.command.monitor import OPERATIONS
from llmops_magics.errors import LlmopsError, UsageError

if TYPE_CHECKING:
    from llmops_magics.monitoring.record import MonitorCheck

SUMMARY = "Watch rules over the stored calls, and be told when one alerts."
MIN_EVERY_S = 1


def add_to(commands: Any) -> None:
    """Add the command and its operations."""
    own = add_operations(
        commands,
        "monitor",
        OPERATIONS,
        summary=SUMMARY,
        example=OPERATIONS["add"].example,
    )
    parser = command(
        own,
        "watch",
        summary="Check again and again, and print a line a change, until Ctrl-C.",
        example="llmops monitor watch --every 60s",
    )
    parser.add_argument(
        "--every", type=_every, default=60, metavar="TIME", help="how often (default: 60s)"
    )
    parser.add_argument("--times", type=int, default=0, metavar="N", help="stop after so many")
    add_json(parser)
    parser.set_defaults(run=watch)


def watch(args: argparse.Namespace) -> int:
    """Check until stopped; a check that fails is said, and the next one is made all the same.

    Returns the exit code of the last check.
    """
    from llmops_magics.workspace import current_workspace

    code, rounds = 0, 0
    while True:
        began = time.monotonic()
        try:
            found = current_workspace().monitors.check()
            code = found.exit_code
            _print(found, is_json=args.json)
        except (LlmopsError, OSError) as error:
            code = 2
            print(f"llmops: {' '.join(str(error).split())}", file=sys.stderr, flush=True)
        rounds += 1
        if args.times and rounds >= args.times:
            return code
        time.sleep(max(0.0, args.every - (time.monotonic() - began)))


def _print(found: MonitorCheck, *, is_json: bool) -> None:
    from llmops_magics.views.monitor import change_line, notice_line

    if is_json:
        print(json.dumps(found.to_dict(), ensure_ascii=False), flush=True)
        return
    for change in found.changes:
        print(change_line(change), flush=True)
    for notice in found.notices:
        print(notice_line(notice), flush=True)


def _every(text: str) -> int:
    """Read how often to check; an argparse type."""
    from llmops_magics.monitoring.window import period_s

    try:
        return max(period_s(text), MIN_EVERY_S)
    except UsageError as error:
        raise ArgumentTypeError(str(error).rstrip(".")) from None
