"""``llmops retrieval queries`` and ``llmops retrieval label``: labelled queries.

Without a page to grade on, ``label`` prints the pool as JSONL; filled in, ``--read`` takes it back.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from llmops_magics.cli.operation import add_operation, run_operation, terminal
from llmops_magics.command.operation import Context, Operation
from llmops_magics.command.relevance import (
    LABEL,
    QUERIES_ARGUMENTS,
    QUERIES_EXAMPLE,
    QUERIES_SUMMARY,
    exit_code,
    synthesise,
)


def _synthesise(context: Context, args: argparse.Namespace) -> Any:
    return synthesise(context, args, terminal())


QUERIES = Operation(
    name="queries",
    summary=QUERIES_SUMMARY,
    example=QUERIES_EXAMPLE,
    arguments=QUERIES_ARGUMENTS,
    call=_synthesise,
    exit_code=exit_code,
)


def add_to(operations: Any) -> None:
    """Add both to the operations of ``llmops retrieval``."""
    queries = add_operation(operations, QUERIES, example=f"llmops retrieval {QUERIES.example}")
    queries.set_defaults(run=run_queries)
    label = add_operation(
        operations, LABEL, example=f"llmops retrieval {LABEL.example} > pool.jsonl"
    )
    label.set_defaults(run=run_label)


def run_queries(args: argparse.Namespace) -> int:
    """Write queries; what is said of a stopped run goes to stderr."""
    from llmops_magics.evals.stopped import EvalInterrupted

    try:
        return run_operation(QUERIES, args)
    except EvalInterrupted as stopped:
        terminal().say(f"llmops: {stopped}")
        raise


def run_label(args: argparse.Namespace) -> int:
    """Print the state of the labelling, or where nothing else is asked for the pool itself."""
    if args.json or args.read or args.write or args.dataset:
        return run_operation(LABEL, args)
    from llmops_magics.command.progress import CaseProgress
    from llmops_magics.workbench.labelling import pool_lines
    from llmops_magics.workspace import current_workspace

    with CaseProgress(sys.stderr, is_shown=sys.stderr.isatty()) as progress:
        record = LABEL.call(Context(workspace=current_workspace(), progress=progress), args)
    sys.stdout.writelines(pool_lines(record.session))
    terminal().say(
        f"llmops: {record.pooled:,} passages, {record.open:,} of them not graded by "
        f"{record.labeller}: fill in `grade` with 0 to 3 and say --read FILE."
    )
    return 0
