"""``%llm_eval`` in a notebook, ``llmops eval`` on the command line.

One line says what is to be run; what cannot go together is refused before anything is read. Several
targets, models or settings make a matrix. This module is imported with the magics, so what is heavy
comes with the first line.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from llmops_magics.command.consent import Consent, Console, PlanShown
from llmops_magics.command.operation import Context, argument
from llmops_magics.command.option import dollars, seconds, settings_group, whole
from llmops_magics.command.target import read_target, split_targets
from llmops_magics.errors import UsageError

if TYPE_CHECKING:
    from llmops_magics.evals.request import EvalOptions

SUMMARY = "Run every case of a dataset through a prompt or function, score and store the answers."
EXAMPLE = "support/answer@4 --data cases.jsonl --scorers contains --baseline support/answer@3"
SETTINGS_EXAMPLE = "--settings temperature=0 --settings temperature=0.7,top_p=0.9"
EXAMPLES = (
    "support/answer --data cases.jsonl --scorers contains,groundedness",
    EXAMPLE,
    "support/answer --data cases --scorers contains --models acme/large,acme/small",
    f"support/answer --data cases --scorers contains {SETTINGS_EXAMPLE}",
    "my_chain --data cases.jsonl --scorers faithfulness --max-cost 2.50",
    "--resume run-0123456789ab-cdef0123",
)

ARGUMENTS = (
    argument(
        "target",
        complete="target",
        nargs="*",
        help="a prompt (name, name@7, name@label), or a function: its name in the notebook, "
        ":name, or module:function; several, with commas, make a matrix",
    ),
    argument(
        "--data",
        default="",
        complete="variable",
        help="a CSV, JSONL, JSON or Parquet file, a variable, or a dataset that was used before",
    ),
    argument(
        "--scorers",
        default="",
        complete="scorer",
        help="names of scorers or functions, separated by commas",
    ),
    argument(
        "--baseline", default="", complete="target", help="what to compare with, case by case"
    ),
    argument(
        "--model",
        "--models",
        dest="models",
        default="",
        complete="model",
        help="endpoint/model, instead of the prompt's own; several, with commas, make a matrix",
    ),
    argument(
        "--settings",
        type=settings_group,
        action="append",
        metavar="NAME=VALUE[,…]",
        help="stand in for the prompt's; given again, another set and so a matrix",
    ),
    argument("--repeats", type=whole, help="answers a case (default: 1)"),
    argument(
        "--aa",
        action="store_true",
        help="run the baseline (else the target) once more: how many cases flip by chance alone",
    ),
    argument("--concurrency", type=whole, help="calls under way at once"),
    argument("--max-cost", type=dollars, metavar="USD", help="stop before more than this is spent"),
    argument("--case-timeout", type=seconds, metavar="S", help="for a case, its scorers included"),
    argument("--run-timeout", type=seconds, metavar="S", help="for the whole run"),
    argument("--no-cache", action="store_true", help="ask everything anew, and keep no answer"),
    argument("--replay", action="store_true", help="stored answers alone: any other is an error"),
    argument("--resume", default="", complete="run", metavar="RUN", help="finish a stopped run"),
    argument(
        "--retry-errors",
        default="",
        complete="run",
        metavar="RUN",
        help="ask what failed again, in a new run; the old one stays",
    ),
    argument(
        "--rescore",
        default="",
        complete="run",
        metavar="RUN",
        help="score stored answers with other --scorers; the model under test is not called",
    ),
    argument("--plan", action="store_true", help="show what it will take, and run nothing"),
    argument("--yes", "-y", action="store_true", help="do not ask, whatever it may cost"),
)

# What each way of going on from a stored run takes beside limits: the rest stands in the run. A
# target is the function that the run asked, for a process that has no notebook to find it in.
_GOING_ON = {
    "resume": ("target", "data"),
    "retry_errors": ("target", "data"),
    "rescore": ("scorers",),
}
_OF_A_NEW_RUN = (
    "target", "data", "scorers", "baseline", "models", "settings", "repeats", "aa"
)  # fmt: skip


def call(context: Context, args: Namespace, console: Console) -> Any:
    """Run what the line asks for; return an ``EvalRun``, an ``EvalMatrix`` or, planned, neither.

    Raises ``UsageError`` for options that cannot go together and for a plan that nobody agreed to.
    """
    check(args)
    consent = Consent(
        console=console,
        above_usd=context.workspace.settings.eval.ask_above_usd,
        is_given=args.yes,
        is_plan_only=args.plan,
        max_cost_usd=args.max_cost,
    )
    options = _options(context, args, consent)
    way = _way(args)
    try:
        return _go_on(context, args, way, options) if way else _new(context, args, options)
    except PlanShown as shown:
        return shown.planned


def check(args: Namespace) -> None:
    """Refuse options that cannot go together, and a line that lacks what it needs."""
    if args.no_cache and args.replay:
        raise UsageError("--no-cache and --replay contradict each other.", hint="Leave one out.")
    ways = [way for way in _GOING_ON if getattr(args, way)]
    if len(ways) > 1:
        raise UsageError(f"Give only one of {', '.join(map(_flag, ways))}.")
    if ways:
        _check_going_on(args, ways[0])
        return
    for name in ("target", "data", "scorers"):
        if not getattr(args, name):
            raise UsageError(
                f"{_flag(name)} is missing.", hint="A new run needs a target, --data and --scorers."
            )
    _check_matrix(args)


def _check_going_on(args: Namespace, way: str) -> None:
    wrong = [n for n in _OF_A_NEW_RUN if getattr(args, n) and n not in _GOING_ON[way]]
    if wrong:
        raise UsageError(
            f"{_flag(way)} goes without {', '.join(map(_flag, wrong))}: the run says what it was.",
            hint="Leave it out, or start a new run.",
        )
    if args.plan and way != "rescore":
        raise UsageError(
            f"{_flag(way)} goes without --plan.", hint="What is left of a run is not estimated."
        )
    if way == "rescore" and not args.scorers:
        raise UsageError("--rescore goes with --scorers.", hint="Name the scorers to apply.")


def _check_matrix(args: Namespace) -> None:
    if _is_matrix(args) and args.aa:
        raise UsageError(
            "--aa goes with one target, one model and one set of settings.",
            hint="Run it for the row of the matrix that you want to know it of.",
        )


def _is_matrix(args: Namespace) -> bool:
    axes = (split_targets(args.target), split_targets([args.models]), args.settings or ())
    return any(len(axis) > 1 for axis in axes)


def _way(args: Namespace) -> str:
    return next((way for way in _GOING_ON if getattr(args, way)), "")


def _flag(name: str) -> str:
    names = {"target": "TARGET", "models": "--model"}
    return names.get(name, f"--{name.replace('_', '-')}")


def _options(context: Context, args: Namespace, consent: Consent) -> EvalOptions:
    """Return what every way of running takes, where the line says so."""
    given: EvalOptions = {
        "namespace": context.namespace,
        "on_progress": context.progress,
        "on_plan": consent,
        "max_cost_usd": args.max_cost,
        "case_timeout_s": args.case_timeout,
        "run_timeout_s": args.run_timeout,
    }
    if args.concurrency:
        given["concurrency"] = args.concurrency
    if args.no_cache or args.replay:
        given["cache"] = "off" if args.no_cache else "replay"
    return given


def _new(context: Context, args: Namespace, options: EvalOptions) -> Any:
    targets = [_target(context, written) for written in split_targets(args.target)]
    data, scorers = _data(context, args), _scorers(args)
    models, settings = split_targets([args.models]), list(args.settings or ())
    options["baseline"] = _target(context, args.baseline) if args.baseline else ""
    options["repeats"] = args.repeats or 1
    if _is_matrix(args):
        return context.workspace.evaluate_matrix(
            targets, data, scorers, models=models, variants=settings, **options
        )
    options["model"] = models[0] if models else ""
    options["settings"] = settings[0] if settings else {}
    options["aa"] = args.aa
    return context.workspace.evaluate(targets[0], data, scorers, **options)


def _go_on(context: Context, args: Namespace, way: str, options: EvalOptions) -> Any:
    run_id = run_of(context, getattr(args, way))
    workspace = context.workspace
    if way == "rescore":
        return workspace.rescore(run_id, _scorers(args), **options)
    options["namespace"] = {**context.namespace, **_functions(context, args)}
    data = _data(context, args) if args.data else None
    go_on: Mapping[str, Callable[..., Any]] = {
        "resume": workspace.resume,
        "retry_errors": workspace.retry_errors,
    }
    return go_on[way](run_id, data=data, **options)


def _functions(context: Context, args: Namespace) -> dict[str, Any]:
    """Return the function that is named beside a run, by its name."""
    found = [_target(context, written) for written in split_targets(args.target)]
    if any(isinstance(target, str) for target in found):
        raise UsageError(
            f"{_flag(_way(args))} goes without a prompt: the run says which it was.",
            hint="Only a run that asked a function takes one: module:function.",
        )
    return {getattr(function, "__name__", ""): function for function in found}


def _data(context: Context, args: Namespace) -> Any:
    from llmops_magics.command.value import read_source

    return read_source(args.data, context.namespace)


def _target(context: Context, written: str) -> Any:
    def is_prompt(name: str) -> bool:
        return name in context.workspace.prompts.names()

    return read_target(written, context.namespace, is_prompt)


def _scorers(args: Namespace) -> list[str]:
    from llmops_magics.evals.scorers.registry import split_scorers

    scorers = split_scorers(args.scorers)
    if not scorers:
        raise UsageError("--scorers names no scorer.")
    return scorers


def run_of(context: Context, written: str) -> str:
    """Return the id of a run: a variable that holds one, its id, the end of that, or newest."""
    from llmops_magics.evals.run import EvalRun
    from llmops_magics.evals.run_list import find_run_id

    value = context.namespace.get(written)
    if isinstance(value, EvalRun):
        return value.run_id
    return find_run_id(context.workspace.store, written)
