"""``%llm_redteam`` in a notebook, ``llmops redteam`` on the command line."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from llmops_magics.command.consent import Consent, Console, PlanShown
from llmops_magics.command.operation import Context, argument
from llmops_magics.command.option import dollars, seconds, whole
from llmops_magics.command.target import read_target, split_targets
from llmops_magics.errors import UsageError

if TYPE_CHECKING:
    from llmops_magics.evals.request import EvalOptions
    from llmops_magics.workbench.redteam import Attacking

SUMMARY = "Attack a prompt or function of your own; how often that succeeds, by family of attacks."
EXAMPLE = "support/answer --suite owasp --n 12 --baseline support/answer@3"
EXAMPLES = (
    "support/answer",
    EXAMPLE,
    "my_agent --suite agentic --canary KITE-7301 --max-cost 1",
    "support/answer --families direct-override,prompt-leakage --seed 7 --baseline run-0123456789ab",
    "support/answer --suite redteam.yaml --n 20",
    "--report newest",
)

ARGUMENTS = (
    argument(
        "target",
        complete="target",
        nargs="?",
        default="",
        help="a prompt (name, name@7, name@label), or a function: its name in the notebook, "
        ":name, or module:function",
    ),
    argument(
        "--suite",
        default="owasp",
        complete="suite",
        help="owasp or agentic; or a file: a report of garak (.jsonl), tests of promptfoo (.yaml), "
        "own attacks (.jsonl)",
    ),
    argument(
        "--families",
        default="",
        complete="attack-family",
        help="only these families of attacks, with commas",
    ),
    argument("--n", type=whole, help="attacks a family (default: 12; of a file all)"),
    argument("--seed", type=int, help="the same seed makes the same attacks (default: 0)"),
    argument(
        "--baseline",
        default="",
        complete="run",
        help="what to compare with: an earlier red team run, or another target",
    ),
    argument(
        "--canary",
        default="",
        metavar="TOKEN[,…]",
        help="tokens in the system prompt that must never be in an answer",
    ),
    argument(
        "--question", default="", metavar="NAME", help="the input that a user's words go into"
    ),
    argument("--context", default="", metavar="NAME", help="the input that documents go into"),
    argument(
        "--model", default="", complete="model", help="endpoint/model, instead of the prompt's own"
    ),
    argument("--repeats", type=whole, help="times that each attack is tried (default: 1)"),
    argument("--concurrency", type=whole, help="calls under way at once"),
    argument("--max-cost", type=dollars, metavar="USD", help="stop before more than this is spent"),
    argument("--case-timeout", type=seconds, metavar="S", help="for one attack"),
    argument("--no-cache", action="store_true", help="ask everything anew, and keep no answer"),
    argument(
        "--report",
        default="",
        complete="run",
        metavar="RUN",
        help="show an earlier run again, or one that was resumed; nothing is attacked",
    ),
    argument("--plan", action="store_true", help="show what it will take, and run nothing"),
    argument("--yes", "-y", action="store_true", help="do not ask, whatever it may cost"),
)


def call(context: Context, args: Namespace, console: Console) -> Any:
    """Run the attacks; return a ``RedteamReport``, or the plan where that was asked for."""
    from llmops_magics.evals.run_list import find_run_id

    workspace = context.workspace
    if bool(args.report) == bool(args.target):
        raise UsageError("Give a target to attack, or --report RUN.")
    if args.report:
        return workspace.redteam.report(find_run_id(workspace.store, args.report))
    consent = Consent(
        console=console,
        above_usd=workspace.settings.eval.ask_above_usd,
        is_given=args.yes,
        is_plan_only=args.plan,
        max_cost_usd=args.max_cost,
    )
    try:
        return workspace.redteam.attack(
            _target(context, args.target),
            _attacking(args),
            **_options(context, args, consent),
        )
    except PlanShown as shown:
        return shown.planned


def exit_code(record: Any) -> int:
    """Return 1 where an attack succeeded, 3 where one is undecided; a plan has neither."""
    total = getattr(record, "total", None)
    if total is None:
        return 0
    return 1 if total.succeeded else (3 if total.undecided else 0)


def _attacking(args: Namespace) -> Attacking:
    from llmops_magics.workbench.redteam import Attacking

    return Attacking(
        suite=args.suite,
        families=split_targets([args.families]),
        per_family=args.n,
        seed=args.seed,
        canaries=split_targets([args.canary]),
        question=args.question,
        context=args.context,
    )


def _options(context: Context, args: Namespace, consent: Consent) -> EvalOptions:
    options: EvalOptions = {
        "baseline": _baseline(context, args.baseline),
        "model": args.model,
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


def _baseline(context: Context, written: str) -> Any:
    """Return the run that is meant: a variable, an id, the end of one; else another target."""
    from llmops_magics.evals.redteam.report import RedteamReport
    from llmops_magics.evals.run import EvalRun
    from llmops_magics.evals.run_list import NEWEST, find_run_id

    value = context.namespace.get(written)
    if not written or isinstance(value, RedteamReport | EvalRun):
        return value or ""
    if written == NEWEST or written.startswith("run-"):
        return find_run_id(context.workspace.store, written)
    return _target(context, written)


def _target(context: Context, written: str) -> Any:
    def is_prompt(name: str) -> bool:
        return name in context.workspace.prompts.names()

    if "," in written:
        raise UsageError("One target is attacked at a time.", hint="Name one.")
    return read_target(written, context.namespace, is_prompt)
