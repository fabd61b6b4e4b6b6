"""The operations on eval runs: ``%llm_runs`` in a notebook, ``llmops runs`` elsewhere."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from llmops_magics.command.evaluation import run_of
from llmops_magics.command.operation import Context, Operation, argument
from llmops_magics.errors import UsageError

STATUSES = ("running", "interrupted", "finished")
RUN_HELP = "an id, the last 4 digits of it or more, newest, or a variable"


def _list(context: Context, args: Namespace) -> Any:
    from llmops_magics.evals.run_list import list_runs

    if args.limit < 0:
        raise UsageError("--limit is 0 for all runs, or how many.")
    store = context.workspace.store
    return list_runs(store, prompt=args.prompt, status=args.status, limit=args.limit)


def _show(context: Context, args: Namespace) -> Any:
    return _loaded(context, args.run_id)


def _compare(context: Context, args: Namespace) -> Any:
    from llmops_magics.evals.comparison import compare

    return compare(_loaded(context, args.run_id), _loaded(context, args.baseline))


def _loaded(context: Context, written: str) -> Any:
    run_id = run_of(context, written)
    workspace = context.workspace
    status = workspace.runs.row(run_id)["status"]
    if status != "finished":
        raise UsageError(
            f"{run_id} is {status}, so it has no result yet.",
            hint=f"`%llm_eval --resume {run_id}` finishes it, if nothing else is at it.",
        )
    return workspace.run(run_id)


LIST = Operation(
    name="list",
    summary="List eval runs, the newest first: how they ended, what they found and cost.",
    example="list --prompt support/answer --status finished",
    arguments=(
        argument("--prompt", default="", complete="ref", help="of this prompt, name or name@7"),
        argument("--status", default="", choices=STATUSES, help="those that ended so"),
        argument("--limit", type=int, default=20, help="how many, 0 for all (default: 20)"),
    ),
    call=_list,
)
OPERATIONS: dict[str, Operation] = {
    operation.name: operation
    for operation in (
        LIST,
        Operation(
            name="show",
            summary="Show a finished run again, as the eval did.",
            example="show newest",
            arguments=(argument("run_id", metavar="RUN", complete="run", help=RUN_HELP),),
            call=_show,
        ),
        Operation(
            name="compare",
            summary="Compare two finished runs, paired by case: the first minus the second.",
            example="compare newest 7f3a91c2",
            arguments=(
                argument("run_id", metavar="RUN", complete="run", help=RUN_HELP),
                argument("baseline", metavar="BASELINE", complete="run", help="what it is against"),
            ),
            call=_compare,
        ),
    )
}
