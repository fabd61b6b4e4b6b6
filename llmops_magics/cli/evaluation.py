"""``llmops eval``: the same as ``%llm_eval``."""

from __future__ import annotations

import argparse
from typing import Any

from llmops_magics.cli.operation import add_operation, run_operation, terminal
from llmops_magics.command.evaluation import ARGUMENTS, EXAMPLE, EXAMPLES, SUMMARY, call
from llmops_magics.command.operation import Context, Operation


def _call(context: Context, args: argparse.Namespace) -> Any:
    return call(context, args, terminal())


EVAL = Operation(
    name="eval",
    summary=SUMMARY,
    example=EXAMPLE,
    arguments=ARGUMENTS,
    call=_call,
)


def add_to(commands: Any) -> None:
    """Add the command."""
    parser = add_operation(commands, EVAL)
    parser.set_defaults(run=run)
    parser.description = "\n".join([SUMMARY, "", "It may also be:", *_others()])


def run(args: argparse.Namespace) -> int:
    """Make the call and print what comes back; what is said of a stopped run names this command."""
    from llmops_magics.evals.stopped import EvalInterrupted, EvalStoppedError

    try:
        return run_operation(EVAL, args)
    except EvalInterrupted as stopped:
        terminal().say(f"llmops: {_as_command(stopped)}")
        raise
    except EvalStoppedError as stopped:
        stopped.args = (_as_command(stopped),)
        raise


def _as_command(stopped: BaseException) -> str:
    return str(stopped).replace("%llm_eval", "llmops eval")


def _others() -> list[str]:
    others = [example for example in EXAMPLES if example != EXAMPLE]
    return [f"  llmops eval {each.replace('my_chain', 'chains:answer')}" for each in others]
