"""``llmops gate``: execute a gold notebook, print the verdict, and exit with its code."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from llmops_magics.cli.subcommand import command


def add_to(commands: Any) -> None:
    """Add the command."""
    parser = command(
        commands,
        "gate",
        summary="Execute a gold notebook as a release gate and archive it.",
        example="llmops gate notebooks/gates/release_gate.ipynb -p prompt=support/answer@2 "
        "-p data=cases.jsonl",
    )
    parser.add_argument("notebook", help="a file, or release_gate for the one in the package")
    parser.add_argument(
        "-p",
        "--parameter",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter of the notebook; may be given again",
    )
    parser.add_argument("--archive", type=Path, help="where the executed notebook is kept")
    parser.add_argument("--timeout", type=float, default=1800, metavar="S", help="for the whole")
    parser.add_argument("--cell-timeout", type=float, default=600, metavar="S", help="for a cell")
    parser.set_defaults(run=run)


def run(args: Any) -> int:
    """Run the gate; 0 PASS, 1 FAIL, 3 INCONCLUSIVE, 4 could not run, 2 wrong usage."""
    from llmops_magics.cli.progress import CellProgress
    from llmops_magics.notebook import find_notebook
    from llmops_magics.release.execution.parameter import parse_parameter
    from llmops_magics.views.gate import gate_result_text
    from llmops_magics.workspace import current_workspace

    with CellProgress("gate") as progress:
        result = current_workspace().gate(
            find_notebook(args.notebook),
            dict(parse_parameter(text) for text in args.parameter),
            archive=args.archive,
            timeout_s=args.timeout,
            cell_timeout_s=args.cell_timeout,
            on_progress=progress,
        )
    print(gate_result_text(result), file=sys.stdout)
    return int(result.exit_code)
