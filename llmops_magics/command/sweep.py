"""``%retrieval_sweep`` in a notebook, ``llmops retrieval sweep`` on the command line."""

from __future__ import annotations

from argparse import ArgumentTypeError, Namespace
from typing import TYPE_CHECKING, Any

from llmops_magics.command.check import INCONCLUSIVE_EXIT, cutoffs, read_queries
from llmops_magics.command.operation import Context, Operation, argument
from llmops_magics.command.retriever import retriever
from llmops_magics.command.target import split_targets
from llmops_magics.errors import UsageError

if TYPE_CHECKING:
    from llmops_magics.evals.retrieval.sweep.record import SweepPlan

MOST_UNPRICED_TEXTS = 50_000  # with no price known, their number is all there is


def share(text: str) -> float:
    """Read ``0.5`` or ``50%``; an argparse type."""
    try:
        number = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise ArgumentTypeError(f"{text!r} is no share or loss, such as 0.5 or 50%")
    return number


def _call(context: Context, args: Namespace) -> Any:
    retrieval = context.workspace.retrieval
    if args.show:
        return retrieval.find_sweep(args.show)
    for name, given in (("CORPUS", args.corpus), ("--queries", args.queries)):
        if not given:
            raise UsageError(f"{name} is missing.", hint="Or show an earlier one with --show ID.")
    queries, options = read_queries(context, args.queries), _options(context, args)
    if args.plan:
        return retrieval.plan_sweep(args.corpus, queries, **options)
    if not args.yes and any(each != "local" for each in args.embedding):
        options["on_plan"] = lambda plan: _refuse_dear(context, plan)
    return retrieval.sweep(args.corpus, queries, **options)


def _options(context: Context, args: Namespace) -> dict[str, Any]:
    return {
        "chunkers": split_targets([args.chunker]),
        "sizes": split_targets([args.size]),
        "overlaps": split_targets([args.overlap]),
        "embeddings": list(args.embedding),
        "retrievers": split_targets([args.retriever]),
        "ks": args.k,
        "score": args.score,
        "holdout": args.holdout,
        "margin": args.margin,
        "qrels": args.qrels or None,
        "namespace": context.namespace,
        "on_progress": context.progress,
    }


def _refuse_dear(context: Context, plan: SweepPlan) -> None:
    """Raise ``UsageError`` for what costs more than one would spend unasked."""
    cost, limit = plan.cost_usd, context.workspace.settings.eval.ask_above_usd
    if cost is not None and cost > limit:
        said = f"embedding {plan.missing:,} texts may cost ${cost:.2f}."
    elif cost is None and plan.missing > MOST_UNPRICED_TEXTS:
        said = f"{plan.missing:,} texts are to be embedded at a price that is not known."
    else:
        return
    raise UsageError(said, hint="Nothing was embedded. Give --yes to go on, or --plan for more.")


def exit_code(record: Any) -> int:
    """Return 3 where the figures choose nothing, else 0."""
    return INCONCLUSIVE_EXIT if getattr(record, "verdict", "") == "INCONCLUSIVE" else 0


SWEEP = Operation(
    name="sweep",
    summary="Try chunk sizes, embedders, retrievers and k on labelled queries, and choose.",
    example="sweep docs --queries queries.jsonl --size 100,200,400 --overlap 0,50% --k 5,10",
    arguments=(
        argument(
            "corpus", metavar="CORPUS", nargs="?", default="", complete="corpus-ref",
            help="a corpus that was added: name, name@3",
        ),
        argument(
            "--queries", default="", complete="variable",
            help="a JSONL file with `relevant`, a folder with queries.jsonl and qrels.jsonl, a "
            "variable, or a dataset",
        ),
        argument(
            "--qrels", default="", complete="path", metavar="FILE",
            help="judgements, where they do not lie beside the queries",
        ),
        argument(
            "--chunker", default="", metavar="NAME,…",
            help="semchunk, markdown or tokens, at each size and overlap; or a chunker with its "
            "size, or whole (default: semchunk)",
        ),
        argument("--size", default="", metavar="N,…", help="tokens (default: 100,200,400)"),
        argument("--overlap", default="", metavar="N,…", help="tokens or a share (default: 0)"),
        argument(
            "--embedding", action="append", default=[], metavar="SPEC",
            help="local, ENDPOINT/MODEL or chroma:NAME; may be repeated (default: that of the "
            "corpus's index, else local)",
        ),
        retriever("with commas (default: lexical,dense,hybrid)"),
        argument("--k", type=cutoffs, default=(), metavar="K,…", help="(default: 5,10,20)"),
        argument(
            "--score", default="", complete="sweep-score",
            help="what to choose by (default: token_recall where labels are spans, else ndcg)",
        ),
        argument(
            "--holdout", type=share, default=0.0, metavar="SHARE",
            help="of the queries, to report on and not to choose by, such as 0.5",
        ),
        argument(
            "--margin", type=share, default=0.0, metavar="LOSS",
            help="what the cheapest may lose at most, shown at 95%% (default: noise decides)",
        ),
        argument("--plan", action="store_true", help="say what it takes, and search nothing"),
        argument("--yes", "-y", action="store_true", help="whatever embedding may cost"),
        argument("--show", default="", metavar="ID", help="show an earlier sweep: its id, newest"),
    ),
    call=_call,
    exit_code=exit_code,
)  # fmt: skip
