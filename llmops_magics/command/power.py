"""``%llm_power`` in a notebook, ``llmops power`` on the command line."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from llmops_magics.command.operation import Context, argument

SUMMARY = "Say how many cases show which difference, and which difference so many cases show."
EXAMPLE = "--discordance 0.1 --difference 0.05 --cases 200"
ARGUMENTS = (
    argument("--cases", type=int, action="append", help="a number of cases; may be repeated"),
    argument("--difference", type=float, action="append", help="a difference; may be repeated"),
    argument("--discordance", type=float, help="of assertions: the share of cases that flip"),
    argument("--sd", type=float, help="of scores: the standard deviation of differences by case"),
    argument("--run", dest="stored", default="", help="an eval run to take that from"),
    argument("--against", default="", help="a second run of the same cases, for how both differ"),
    argument("--scorer", default="", complete="scorer", help="one score of the run, not all"),
    argument("--power", type=float, default=0.8, help="the chance to see what is there"),
    argument("--error", type=float, default=0.05, help="two-sided; a gate's rules have half of it"),
)


def call(context: Context, args: Namespace) -> Any:
    """Report on what is assumed, or on stored runs."""
    from llmops_magics.errors import UsageError
    from llmops_magics.evals.power import PowerPlan, assumed_power, power_of_run

    plan = PowerPlan(
        differences=tuple(args.difference or ()),
        cases=tuple(args.cases or ()),
        power=args.power,
        error=args.error,
    )
    if not args.stored:
        if args.against or args.scorer:
            raise UsageError("--against and --scorer go with --run.")
        return assumed_power(plan, discordance=args.discordance, sd=args.sd)
    if args.discordance is not None or args.sd is not None:
        raise UsageError("--run takes the spread from the run: leave out --discordance and --sd.")
    run = _loaded(context, args.stored)
    against = _loaded(context, args.against) if args.against else None
    return power_of_run(run, plan, against=against, scorer=args.scorer)


def _loaded(context: Context, name: str) -> Any:
    """Return the notebook's variable if it is a run, else the stored run of that id."""
    from llmops_magics.evals.run import EvalRun
    from llmops_magics.evals.stored import load_run

    value = context.namespace.get(name)
    return value if isinstance(value, EvalRun) else load_run(context.workspace.store, name)
