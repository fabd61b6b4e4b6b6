"""``%retrieval_queries`` and ``%retrieval_label`` in a notebook, ``llmops retrieval`` elsewhere."""

from __future__ import annotations

from argparse import ArgumentTypeError, Namespace
from pathlib import Path
from typing import Any

from llmops_magics.command.consent import Consent, Console, PlanShown
from llmops_magics.command.operation import Context, Operation, argument
from llmops_magics.command.option import dollars, whole
from llmops_magics.command.retriever import CORPUS, retriever
from llmops_magics.command.target import split_targets

N, K = 50, 10
RETRIEVERS = "dense,lexical,hybrid"
NOTHING_EXIT = 1


def seed(text: str) -> int:
    """Read a seed, a whole number; an argparse type."""
    if not text.removeprefix("-").isdecimal():
        raise ArgumentTypeError(f"{text!r} is no whole number")
    return int(text)


def synthesise(context: Context, args: Namespace, console: Console) -> Any:
    """Write queries with a model; return the record of it or, with ``--plan``, the plan."""
    consent = Consent(
        console=console,
        above_usd=context.workspace.settings.eval.ask_above_usd,
        is_given=args.yes,
        is_plan_only=args.plan,
        max_cost_usd=args.max_cost,
    )
    try:
        return context.workspace.relevance.synthesise(
            args.corpus,
            n=args.n,
            model=args.model,
            seed=args.seed,
            dataset=args.dataset,
            concurrency=args.concurrency or 0,
            cache="off" if args.no_cache else "",
            max_cost_usd=args.max_cost,
            on_plan=consent,
            on_progress=context.progress,
        )
    except PlanShown as shown:
        return shown.planned


def _label(context: Context, args: Namespace) -> Any:
    return context.workspace.relevance.label(
        args.corpus,
        queries_of(context, args),
        k=args.k,
        retrievers=split_targets([args.retriever]),
        read=args.read,
        write=args.write,
        dataset=args.dataset,
        on_progress=context.progress,
    )


def queries_of(context: Context, args: Namespace) -> Any:
    """Return the notebook's variable that is named, else the text: a file or a dataset."""
    written = args.queries
    is_variable = written in context.namespace and not Path(written).exists()
    return context.namespace[written] if is_variable else written


def exit_code(record: Any) -> int:
    """Return 1 where no query could be used."""
    return NOTHING_EXIT if record.kind == "query-synthesis" and not record.written else 0


QUERIES_SUMMARY = "Let a model write queries about chunks: labels where there are none."
QUERIES_EXAMPLE = "queries docs --n 50 --model openai/gpt-4.1-mini --as docs-synthetic"
QUERIES_ARGUMENTS = (
    CORPUS,
    argument(
        "--n",
        type=whole,
        default=N,
        metavar="N",
        help=f"chunks to ask about; each gives one query at most (default: {N})",
    ),
    argument("--model", default="", help="endpoint/model that writes (default: the workspace's)"),
    argument(
        "--seed", type=seed, default=0, metavar="N", help="another draws other chunks (default: 0)"
    ),
    argument(
        "--as",
        dest="dataset",
        default="",
        metavar="DATASET",
        complete="dataset",
        help="the dataset that the queries become a version of (default: CORPUS-synthetic)",
    ),
    argument("--concurrency", type=whole, help="calls under way at once"),
    argument("--max-cost", type=dollars, metavar="USD", help="stop before more than this is spent"),
    argument("--no-cache", action="store_true", help="ask everything anew, and keep no answer"),
    argument("--plan", action="store_true", help="show what it will take, and run nothing"),
    argument("--yes", "-y", action="store_true", help="do not ask, whatever it may cost"),
)
LABEL = Operation(
    name="label",
    summary="Grade what several retrievers find for queries, passage by passage.",
    example="label docs --queries questions.txt --k 10",
    arguments=(
        CORPUS,
        argument(
            "--queries",
            required=True,
            complete="variable",
            help="a JSONL file, a text file with a query a line, a variable, or a dataset; "
            "judgements in it are not shown",
        ),
        argument(
            "--k",
            type=whole,
            default=K,
            metavar="K",
            help=f"passages of each retriever that are pooled (default: {K})",
        ),
        retriever(
            f"whose passages are pooled, with commas (default: {RETRIEVERS})", default=RETRIEVERS
        ),
        argument(
            "--write",
            default="",
            complete="path",
            metavar="FILE",
            help="write the pool as JSONL: fill in `grade` with 0 to 3",
        ),
        argument(
            "--read",
            default="",
            complete="path",
            metavar="FILE",
            help="take in such a file that was filled in",
        ),
        argument(
            "--as",
            dest="dataset",
            default="",
            metavar="DATASET",
            complete="dataset",
            help="keep the labels so far as a version of this dataset",
        ),
    ),
    call=_label,
)
