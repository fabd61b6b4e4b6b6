"""The ``llmops`` command line.

Exit codes: 0 done or PASS, 1 FAIL (or a check that found something), 2 wrong usage,
3 INCONCLUSIVE, 4 a gate that could not run, 130 stopped with Ctrl-C, 141 nobody reads the output.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version

from llmops_magics.cli.gate import with_run
from llmops_magics.errors import EvidenceError, GateRunError, LlmopsError

COMMANDS = (
    "init",
    "demo",
    "prompt",
    "dataset",
    "corpus",
    "index",
    "eval",
    "redteam",
    "runs",
    "trace",
    "power",
    "rightsize",
    "router",
    "calibrate",
    "retrieval",
    "review",
    "gate",
    "dossier",
    "approve",
    "approvals",
    "release",
    "metrics",
    "monitor",
    "cost",
    "budget",
    "audit",
    "keys",
    "cache",
    "guard",
    "models",
)
MODULES = {"eval": "evaluation"}  # where it is not the command's own name
MISSING_EXIT = 1  # what an environment asks of a release is not there
USAGE_EXIT = 2
NOT_RUN_EXIT = 4
INTERRUPTED_EXIT = 130
BROKEN_PIPE_EXIT = 141  # what a shell says of a process that SIGPIPE ended


EXITS = {GateRunError: NOT_RUN_EXIT, EvidenceError: MISSING_EXIT}


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line; each command's module adds its own."""
    parser = argparse.ArgumentParser(
        prog="llmops",
        description="Version prompts, run evals and gate releases, in notebooks.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"llmops {version('llmops-magics')}")
    parser.add_argument("--traceback", action="store_true", help="show where an error comes from")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in COMMANDS:
        import_module(f"llmops_magics.cli.{MODULES.get(name, name)}").add_to(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    args = build_parser().parse_args(with_run(sys.argv[1:] if arguments is None else arguments))
    try:
        code: int = args.run(args)
        sys.stdout.flush()
    except BrokenPipeError:  # who read the output has enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE_EXIT
    except LlmopsError as error:
        if args.traceback:
            raise
        print(f"llmops: {' '.join(str(error).split())}", file=sys.stderr)
        return next((code for kind, code in EXITS.items() if isinstance(error, kind)), USAGE_EXIT)
    except OSError as error:  # a file or folder that cannot be used: nobody's programming error
        if args.traceback:
            raise
        print(f"llmops: {error.strerror}: {error.filename or 'unknown file'}.", file=sys.stderr)
        return NOT_RUN_EXIT if args.command == "gate" else USAGE_EXIT
    except KeyboardInterrupt:
        print("llmops: stopped", file=sys.stderr)
        return INTERRUPTED_EXIT
    return code


if __name__ == "__main__":
    sys.exit(main())
