"""``%llm_calibrate`` in a notebook, ``llmops calibrate`` on the command line."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from llmops_magics.command.operation import Context, argument

SUMMARY = "Hold a judge against human labels: its licence for a gate, granted or refused."
EXAMPLE = "faithfulness --labels labels.jsonl --repeats 3"
ARGUMENTS = (
    argument("judge", complete="scorer", help="a scorer: an LLM judge, or any other"),
    argument(
        "--labels",
        required=True,
        complete="variable",
        help="cases with an answer (or output) and a human label: a file, variable or dataset",
    ),
    argument("--label", default="", help="the label's column (default: label, or human)"),
    argument("--positive", default="", help="the label that means yes, every other means no"),
    argument("--threshold", type=float, help="a number means yes from here on (default: 0.5)"),
    argument("--repeats", type=int, default=1, help="verdicts a case, to see if it is consistent"),
    argument(
        "--model",
        default="",
        complete="model",
        help="endpoint/model that judges, instead of the usual one",
    ),
    argument("--concurrency", type=int, default=0, help="calls under way at once"),
    argument("--min-labels", type=int, help="judged labels a licence takes (default: 50)"),
    argument("--min-kappa", type=float, help="kappa whose interval a licence takes (default: 0.4)"),
)


def call(context: Context, args: Namespace) -> Any:
    """Calibrate, and return the report."""
    from llmops_magics.command.value import read_source
    from llmops_magics.errors import UsageError
    from llmops_magics.evals.calibration.record import Requirements

    if args.repeats < 1 or args.concurrency < 0:
        raise UsageError("--repeats is 1 or more, and --concurrency is not negative.")
    limits = {"min_labels": args.min_labels, "min_kappa": args.min_kappa}
    return context.workspace.calibrate(
        args.judge,
        read_source(args.labels, context.namespace),
        label=args.label,
        positive=args.positive,
        threshold=args.threshold,
        repeats=args.repeats,
        model=args.model,
        concurrency=args.concurrency,
        requirements=Requirements(**{k: v for k, v in limits.items() if v is not None}),
        namespace=context.namespace,
        on_progress=context.progress,
    )
