"""``llmops guard``: the operations of ``%guard``, with a scan that is made for CI.

Exit codes of a scan: 0 nothing as bad as ``--fail-on``, 1 findings, 2 wrong usage, 4 something was
not looked at (a detector failed, a file could not be read).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmops_magics.cli.operation import add_operation
from llmops_magics.cli.subcommand import command
from llmops_magics.command.guard import BOUNDARY, DETECTORS, OPERATIONS, scan, scan_exit
from llmops_magics.command.operation import Context
from llmops_magics.guard.finding import SEVERITIES

if TYPE_CHECKING:
    from llmops_magics.guard.survey.report import ScanReport

SUMMARY = "Scan for attacks, leaks and secrets, and measure what scans."
SCAN_EXAMPLE = "scan prompts/ report.ipynb --format sarif -o guard.sarif --fail-on high"


def add_to(commands: Any) -> None:
    """Add the command and its operations."""
    parser = command(commands, "guard", summary=SUMMARY, example=f"llmops guard {SCAN_EXAMPLE}")
    own = parser.add_subparsers(dest="operation", required=True, metavar="OPERATION")
    _add_scan(own)
    for operation in OPERATIONS.values():
        if operation.name != "scan":
            add_operation(own, operation, example=f"llmops guard {operation.example}")


def _add_scan(commands: Any) -> None:
    summary = OPERATIONS["scan"].summary
    parser = command(commands, "scan", summary=summary, example=f"llmops guard {SCAN_EXAMPLE}")
    parser.add_argument(
        "target",
        nargs="+",
        metavar="PATH",
        help="a file, folder or notebook; dataset:NAME, corpus:NAME, run:ID or text:…",
    )
    DETECTORS.add_to(parser)
    BOUNDARY.add_to(parser)
    parser.add_argument("--format", choices=_FORMATS, default="text", help="default: text")
    parser.add_argument("--json", action="store_const", const="json", dest="format", help="as JSON")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write it there instead")
    parser.add_argument(
        "--fail-on",
        choices=(*SEVERITIES, "never"),
        default="high",
        help="end with 1 for findings as bad as this (default: high)",
    )
    parser.set_defaults(run=run_scan)


def run_scan(args: argparse.Namespace) -> int:
    """Scan, print or write the report, and return the exit code; progress goes to stderr."""
    from llmops_magics.command.progress import CaseProgress
    from llmops_magics.workspace import current_workspace

    with CaseProgress(sys.stderr, is_shown=sys.stderr.isatty()) as progress:
        context = Context(workspace=current_workspace(), progress=progress)
        report = scan(context, args, args.target, [])
    written = _FORMATS[args.format](report) + "\n"
    if args.output is None:
        sys.stdout.write(written)
    else:
        args.output.write_text(written, encoding="utf-8")
        print(_line(report), file=sys.stderr)
    return scan_exit(report, args.fail_on)


def _text(report: ScanReport) -> str:
    import llmops_magics.views  # noqa: F401  (fills the registry of views)
    from llmops_magics.record import VIEWS

    return VIEWS[report.kind].text(report)


def _json(report: ScanReport) -> str:
    return json.dumps(report.to_dict(), ensure_ascii=False, indent=2)


def _sarif(report: ScanReport) -> str:
    from llmops_magics.guard.survey.sarif import to_sarif

    return json.dumps(to_sarif(report), ensure_ascii=False, indent=2)


def _line(report: ScanReport) -> str:
    return _text(report).partition("\n")[0]


_FORMATS: dict[str, Callable[[ScanReport], str]] = {"text": _text, "json": _json, "sarif": _sarif}
