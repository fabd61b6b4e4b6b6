"""``%retrieval_check`` and ``%retrieval_drift`` in a notebook, ``llmops retrieval`` elsewhere."""

from __future__ import annotations

from argparse import ArgumentTypeError, Namespace
from pathlib import Path
from typing import Any

from llmops_magics.command.operation import Context, Operation, argument
from llmops_magics.command.option import whole
from llmops_magics.command.retriever import CORPUS, retriever
from llmops_magics.command.target import split_targets

KS = (5, 10, 20)
DEPTH = 100
RETRIEVERS = "lexical,dense,hybrid"
WORSE_EXIT, INCONCLUSIVE_EXIT = 1, 3


def cutoffs(text: str) -> tuple[int, ...]:
    """Read ``5,10,20``; an argparse type."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts or not all(part.isdecimal() and 0 < int(part) <= 1000 for part in parts):
        raise ArgumentTypeError(f"{text!r} is no list of k from 1 to 1000, such as 5,10,20")
    return tuple(sorted({int(part) for part in parts}))


def _check(context: Context, args: Namespace) -> Any:
    return context.workspace.retrieval.seeing(context.namespace).check(
        args.corpus,
        read_queries(context, args.queries),
        ks=args.k,
        retrievers=split_targets([args.retriever]),
        baseline=args.baseline,
        qrels=args.qrels or None,
        depth=args.depth,
        on_progress=context.progress,
    )


def _drift(context: Context, args: Namespace) -> Any:
    return context.workspace.retrieval.seeing(context.namespace).drift(
        args.corpus,
        since=args.since,
        retrievers=split_targets([args.retriever]),
        on_progress=context.progress,
    )


def read_queries(context: Context, written: str) -> Any:
    """Return the notebook's variable of that name, else the text: a file, folder or dataset."""
    is_variable = written in context.namespace and not Path(written).exists()
    return context.namespace[written] if is_variable else written


def exit_code(record: Any) -> int:
    """Return 3 where the figures decide nothing, 1 where drift made a score worse, else 0."""
    if record.verdict == "INCONCLUSIVE":
        return INCONCLUSIVE_EXIT
    return WORSE_EXIT if getattr(record, "worse", ()) else 0


CHECK = Operation(
    name="check",
    summary="Measure retrievers on labelled queries: recall, nDCG and more, side by side.",
    example="check docs --queries queries.jsonl --k 5,10,20 --baseline lexical",
    arguments=(
        CORPUS,
        argument(
            "--queries",
            required=True,
            complete="variable",
            help="a JSONL file with `relevant`, a folder with queries.jsonl and "
            "qrels.jsonl, a variable, or a dataset",
        ),
        argument(
            "--qrels",
            default="",
            complete="path",
            metavar="FILE",
            help="judgements, where they do not lie beside the queries",
        ),
        argument(
            "--k",
            type=cutoffs,
            default=KS,
            metavar="K,…",
            help="how many are looked at (default: 5,10,20)",
        ),
        retriever(f"which are measured, with commas (default: {RETRIEVERS})", default=RETRIEVERS),
        argument(
            "--baseline",
            default="",
            metavar="WHAT",
            help="a retriever, an earlier check's id or the end of it, or another corpus "
            "(default: the first retriever)",
        ),
        argument(
            "--depth",
            type=whole,
            default=DEPTH,
            metavar="N",
            help=f"how deep to look for what was missed (default: {DEPTH})",
        ),
    ),
    call=_check,
    exit_code=exit_code,
)
DRIFT = Operation(
    name="drift",
    summary="Ask an earlier check's queries again: what entered, left and moved.",
    example="drift docs --since newest",
    arguments=(
        CORPUS,
        argument(
            "--since",
            default="newest",
            metavar="CHECK",
            help="the check to start from: its id, the end of it, or newest (default)",
        ),
        retriever("some of that check's retrievers (default: all)"),
    ),
    call=_drift,
    exit_code=exit_code,
)
