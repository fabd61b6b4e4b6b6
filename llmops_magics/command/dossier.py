"""The operations on dossiers: ``%llm_dossier`` in a notebook, ``llmops dossier`` elsewhere."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from llmops_magics.command.operation import Context, Operation, argument

SUMMARY = "List, show, verify and compare the sealed gate runs."
_HELP = "a folder, a gate's id or digest (4 characters or more of one), or newest"


def _list(context: Context, args: Namespace) -> Any:
    return context.workspace.dossiers.list(prompt=args.prompt, gate=args.gate, limit=args.limit)


def _show(context: Context, args: Namespace) -> Any:
    return context.workspace.dossiers.get(args.dossier)


def _verify(context: Context, args: Namespace) -> Any:
    return context.workspace.dossiers.verify(args.dossier)


def _diff(context: Context, args: Namespace) -> Any:
    return context.workspace.dossiers.diff(args.before, args.after)


_DOSSIER = argument("dossier", metavar="DOSSIER", complete="dossier", help=_HELP)
OPERATIONS: dict[str, Operation] = {
    operation.name: operation
    for operation in (
        Operation(
            name="list",
            summary="List sealed gate runs, the newest first: what each said of which prompt.",
            example="list --prompt support/answer",
            arguments=(
                argument("--prompt", default="", complete="ref", help="of this prompt"),
                argument("--gate", default="", help="of this gate, by its notebook's name"),
                argument("--limit", type=int, default=20, help="how many, 0 for all (default: 20)"),
            ),
            call=_list,
        ),
        Operation(
            name="show",
            summary="Show a sealed gate run: the verdict, whose key signed it, what decided.",
            example="show newest",
            arguments=(_DOSSIER,),
            call=_show,
        ),
        Operation(
            name="verify",
            summary="Check every byte against what was signed, and name the first that is wrong.",
            example="verify newest",
            arguments=(_DOSSIER,),
            call=_verify,
            exit_code=lambda report: 0 if report.ok else 1,
        ),
        Operation(
            name="diff",
            summary="Compare two: prompt, scores, flipped cases, cost, and what else decided.",
            example="diff release_gate-20261124 newest",
            arguments=(
                argument("before", metavar="BEFORE", complete="dossier", help=_HELP),
                argument("after", metavar="AFTER", complete="dossier", help=_HELP),
            ),
            call=_diff,
        ),
    )
}
