"""``%llm_rightsize`` in a notebook, ``llmops rightsize`` on the command line."""

from __future__ import annotations

from argparse import ArgumentTypeError, Namespace
from typing import TYPE_CHECKING, Any

from llmops_magics.command.consent import Consent, Console, PlanShown
from llmops_magics.command.operation import Context, argument
from llmops_magics.command.option import dollars, seconds, whole
from llmops_magics.command.target import split_targets
from llmops_magics.errors import UsageError

if TYPE_CHECKING:
    from llmops_magics.evals.request import EvalOptions

SUMMARY = "Evaluate a prompt with several models; name the cheapest that is not inferior."
EXAMPLE = (
    "support/answer --models openai/gpt-4.1,openai/gpt-4.1-mini --data cases --scorers contains"
)
EXAMPLES = (
    EXAMPLE,
    f"{EXAMPLE} --margin 0.05 --max-cost 2 --write-route support",
)


def _margin(text: str) -> float:
    try:
        margin = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        margin = 0.0
    if not 0 < margin < float("inf"):
        raise ArgumentTypeError(f"{text!r} is no margin above 0, such as 0.02 or 2%")
    return margin


ARGUMENTS = (
    argument("prompt", complete="ref", help="a prompt: name, name@7, name@label"),
    argument(
        "--models",
        default="",
        complete="model",
        help="two models or more, with commas; routers may be among",
    ),
    argument(
        "--data",
        default="",
        complete="variable",
        help="a CSV, JSONL, JSON or Parquet file, a variable, or a dataset that was used before",
    ),
    argument("--scorers", default="", complete="scorer", help="which all must hold, with commas"),
    argument(
        "--margin",
        type=_margin,
        default=0.02,
        help="what a score may fall below the reference's, in its own unit (default: 0.02)",
    ),
    argument(
        "--reference",
        default="",
        complete="model",
        help="the model to hold against (default: the dearest)",
    ),
    argument("--max-cost", type=dollars, metavar="USD", help="stop before more than this is spent"),
    argument("--repeats", type=whole, help="answers a case (default: 1)"),
    argument("--concurrency", type=whole, help="calls under way at once"),
    argument("--case-timeout", type=seconds, metavar="S", help="for a case, its scorers included"),
    argument("--no-cache", action="store_true", help="ask everything anew, and keep no answer"),
    argument(
        "--write-route",
        default="",
        complete="router",
        metavar="NAME",
        help="write [router.NAME] into llmops.toml where there is a verdict",
    ),
    argument("--plan", action="store_true", help="show what it will take, and run nothing"),
    argument("--yes", "-y", action="store_true", help="do not ask, whatever it may cost"),
)


def call(context: Context, args: Namespace, console: Console) -> Any:
    """Run what the line asks for; return a ``RightSize``, or the plan where that was asked for."""
    from llmops_magics.command.value import read_source
    from llmops_magics.evals.scorers.registry import split_scorers

    for name in ("models", "data", "scorers"):
        if not getattr(args, name):
            raise UsageError(
                f"--{name} is missing.", hint="It takes a prompt, --models, --data and --scorers."
            )
    workspace = context.workspace
    consent = Consent(
        console=console,
        above_usd=workspace.settings.eval.ask_above_usd,
        is_given=args.yes,
        is_plan_only=args.plan,
        max_cost_usd=args.max_cost,
    )
    try:
        return workspace.rightsize(
            args.prompt,
            split_targets([args.models]),
            read_source(args.data, context.namespace),
            split_scorers(args.scorers),
            margin=args.margin,
            reference=args.reference,
            write_route=args.write_route,
            **_options(context, args, consent),
        )
    except PlanShown as shown:
        return shown.planned


def _options(context: Context, args: Namespace, consent: Consent) -> EvalOptions:
    options: EvalOptions = {
        "namespace": context.namespace,
        "on_progress": context.progress,
        "on_plan": consent,
        "max_cost_usd": args.max_cost,
        "case_timeout_s": args.case_timeout,
        "repeats": args.repeats or 1,
        "concurrency": args.concurrency or 0,
    }
    if args.no_cache:
        options["cache"] = "off"
    return options
