"""The operations on budgets: ``%llm_budget`` in a notebook, ``llmops budget`` elsewhere."""

from __future__ import annotations

from argparse import ArgumentTypeError, Namespace
from typing import Any

from llmops_magics.command.operation import Context, Operation, argument
from llmops_magics.command.option import dollars
from llmops_magics.errors import UsageError

PERIODS = ("day", "week", "month", "total")
NAME_HELP = "scope/period, such as workspace/day"


def percentages(text: str) -> tuple[int, ...]:
    """Read ``50,80``; an argparse type."""
    try:
        return tuple(sorted({int(part.strip().removesuffix("%")) for part in text.split(",")}))
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no list of percentages, such as 50,80") from None


def _set(context: Context, args: Namespace) -> Any:
    return context.workspace.costs.set_budget(
        args.limit, per=args.per, scope=_scope(args.scope), warn=args.warn, action=args.action
    )


def _list(context: Context, _args: Namespace) -> Any:
    return context.workspace.costs.budgets()


def _show(context: Context, args: Namespace) -> Any:
    return context.workspace.costs.budget(args.name)


def _remove(context: Context, args: Namespace) -> Any:
    return context.workspace.costs.remove_budget(args.name)


def _scope(written: str) -> str:
    """Return the scope that is meant; ``notebook`` alone is the one whose cell this is."""
    from llmops_magics.cost.scope import CurrentNotebook

    if written != "notebook":
        return written
    if not CurrentNotebook.name:
        raise UsageError(
            "nobody knows which notebook this is.", hint="Give --scope notebook:NAME.ipynb."
        )
    return f"notebook:{CurrentNotebook.name}"


_NAME = argument("name", metavar="BUDGET", complete="budget", help=NAME_HELP)
OPERATIONS: dict[str, Operation] = {
    operation.name: operation
    for operation in (
        Operation(
            name="set",
            summary="Set a budget in US dollars, or change the one of that scope and period.",
            example="set 5 --per day --scope workspace --warn 50,80 --action block",
            arguments=(
                argument("limit", metavar="USD", type=dollars, help="how much, such as 5 or 0.50"),
                argument("--per", default="day", choices=PERIODS, help="of UTC (default: day)"),
                argument(
                    "--scope",
                    default="workspace",
                    complete="scope",
                    help="workspace, notebook, notebook:NAME, prompt:NAME or user:NAME",
                ),
                argument(
                    "--warn",
                    type=percentages,
                    default=(80,),
                    metavar="PERCENT,…",
                    help="warn once at each (default: 80)",
                ),
                argument(
                    "--action",
                    default="block",
                    choices=("warn", "block"),
                    help="at the limit: refuse calls, or only warn (default: block)",
                ),
            ),
            call=_set,
        ),
        Operation(
            name="list",
            summary="List the budgets: what is spent, held and left, and where it leads.",
            example="list",
            call=_list,
        ),
        Operation(
            name="show",
            summary="Show one budget, and its past days, weeks or months.",
            example="show workspace/day",
            arguments=(_NAME,),
            call=_show,
        ),
        Operation(
            name="remove",
            summary="Remove a budget; what was spent of it stays known.",
            example="remove workspace/day",
            arguments=(_NAME,),
            call=_remove,
        ),
    )
}
