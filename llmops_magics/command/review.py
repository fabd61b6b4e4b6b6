"""``%llm_review`` in a notebook, ``llmops review`` on the command line."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from llmops_magics.command.operation import Context, argument
from llmops_magics.command.runs import RUN_HELP

SUMMARY = "Review the samples of an eval run one by one, or show how far that is."
EXAMPLE = "run-0198c2a1b3d4-9f3a2c1b --failing --scorer faithfulness"
ARGUMENTS = (
    argument("eval_run", metavar="RUN", complete="run", help=RUN_HELP),
    argument("--failing", action="store_true", help="samples that failed (the default)"),
    argument(
        "--disagreements",
        action="store_true",
        help="where scorers, repeats or reviewers disagree",
    ),
    argument("--all", dest="every", action="store_true", help="every sample"),
    argument("--slice", dest="tag", default="", help="the samples with a tag"),
    argument("--scorer", default="", complete="scorer", help="one score, not all"),
    argument(
        "--export",
        default="",
        metavar="NAME",
        complete="dataset",
        help="write the verdicts on one scorer as a dataset, to calibrate that judge with",
    ),
)


def call(context: Context, args: Namespace) -> Any:
    """Open the review and return its state, which in a live notebook goes on with it."""
    from llmops_magics.command.evaluation import run_of
    from llmops_magics.evals.review.session import open_review
    from llmops_magics.evals.run import EvalRun

    workspace = context.workspace
    value = context.namespace.get(args.eval_run)
    session = open_review(
        workspace.store,
        value if isinstance(value, EvalRun) else run_of(context, args.eval_run),
        _scope(args),
        add=workspace.datasets.add,
        redacted=workspace.settings.trace.capture != "full",
    )
    exported = _export(context, session.run.run_id, args) if args.export else ""
    return session.report(exported=exported)


def _scope(args: Namespace) -> Any:
    from llmops_magics.errors import UsageError
    from llmops_magics.evals.review.selection import ALL, DISAGREEMENTS, FAILING, Scope

    asked = {FAILING: args.failing, DISAGREEMENTS: args.disagreements, ALL: args.every}
    chosen = [name for name, is_asked in asked.items() if is_asked]
    if len(chosen) + bool(args.tag) > 1:
        raise UsageError("Give one of --failing, --disagreements, --slice and --all.")
    # What is exported are the verdicts, wherever they were given.
    usual = ALL if args.export else FAILING
    return Scope(which=chosen[0] if chosen else usual, tag=args.tag, scorer=args.scorer)


def _export(context: Context, run_id: str, args: Namespace) -> str:
    """Write the labels of one scorer, the most reviewed unless told, as a dataset version."""
    from llmops_magics.datasets.case import row_from_case
    from llmops_magics.evals.review.label import labels_of, refuse_no_labels, reviewed_scorers

    store = context.workspace.store
    scorer = args.scorer or next(iter(reviewed_scorers(store, run_id)), "")
    cases = labels_of(store, (run_id,), scorer)
    refuse_no_labels(cases, scorer, (run_id,))
    made = context.workspace.datasets.add(
        args.export,
        [row_from_case(case) for case in cases],
        replace=True,
        message=f"verdicts on {scorer} in {run_id}",
    )
    return f"{made.name}@{made.number}"
