"""``%retrieval_causes`` in a notebook, ``llmops retrieval causes`` elsewhere."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from llmops_magics.command.evaluation import run_of
from llmops_magics.command.operation import Context, Operation, argument
from llmops_magics.command.runs import RUN_HELP


def _causes(context: Context, args: Namespace) -> Any:
    run_id = run_of(context, args.run_id)
    return context.workspace.causes.of_run(run_id, corpus=args.corpus, again=args.again)


CAUSES = Operation(
    name="causes",
    summary="Tell retrieval failures from model failures: why each failing case of a run failed.",
    example="causes newest",
    arguments=(
        argument("run_id", metavar="RUN", complete="run", help=RUN_HELP),
        argument(
            "--corpus",
            default="",
            complete="corpus",
            metavar="CORPUS",
            help="where the context is from, if the cases do not say; looks anew",
        ),
        argument(
            "--again",
            action="store_true",
            help="look anew, at corpus and index as they are now, instead of what the run kept",
        ),
    ),
    call=_causes,
)
