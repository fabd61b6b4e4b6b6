"""``llmops eval``: the same as ``%llm_eval``."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from llmops_magics.cli.operation import add_json, show
from llmops_magics.cli.subcommand import command
from llmops_magics.command.evaluation import ARGUMENTS, EXAMPLE, EXAMPLES, SUMMARY, call
from llmops_magics.command.operation import Context


def add_to(commands: Any) -> None:
    """Add the command."""
    parser = command(commands, "eval", summary=SUMMARY, example=f"llmops eval {EXAMPLE}")
    parser.description = "\n".join([SUMMARY, "", "It may also be:", *_others()])
    for each in ARGUMENTS:
        each.add_to(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Make the call and print what comes back; the plan and questions go to stderr."""
    from llmops_magics.command.consent import Console
    from llmops_magics.command.progress import CaseProgress
    from llmops_magics.evals.stopped import EvalInterrupted, EvalStoppedError
    from llmops_magics.workspace import current_workspace

    console = Console(stream=sys.stderr, ask=_ask if sys.stdin.isatty() else None)
    try:
        with CaseProgress(sys.stderr, is_shown=sys.stderr.isatty()) as progress:
            record = call(Context(workspace=current_workspace(), progress=progress), args, console)
    except EvalInterrupted as stopped:
        console.say(f"llmops: {_as_command(stopped)}")
        raise
    except EvalStoppedError as stopped:
        stopped.args = (_as_command(stopped),)
        raise
    show(record, args)
    return 0


def _ask(question: str) -> str:
    """Ask on stderr: what is printed may be JSON for another program."""
    print(question, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline()


def _as_command(stopped: BaseException) -> str:
    """Return what is said of a stopped run with this command in the place of the magic."""
    return str(stopped).replace("%llm_eval", "llmops eval")


def _others() -> list[str]:
    others = [example for example in EXAMPLES if example != EXAMPLE]
    return [f"  llmops eval {each.replace('my_chain', 'chains:answer')}" for each in others]
