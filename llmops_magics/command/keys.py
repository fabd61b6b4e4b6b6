"""The operations on signing keys: ``llmops keys``."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from llmops_magics.command.operation import Context, Operation, argument


def _new(context: Context, args: Namespace) -> Any:
    context.workspace.signing.new(args.name, replace=args.replace)
    return context.workspace.signing.keys()


def _list(context: Context, _args: Namespace) -> Any:
    return context.workspace.signing.keys()


def _add(context: Context, args: Namespace) -> Any:
    return context.workspace.signing.add(args.key, args.name)


def _show(context: Context, args: Namespace) -> Any:
    return context.workspace.signing.show(args.key)


def _revoke(context: Context, args: Namespace) -> Any:
    return context.workspace.signing.revoke(args.key, args.reason, at=args.at)


_KEY_ID = "its id, or the front of it"
OPERATIONS: dict[str, Operation] = {
    operation.name: operation
    for operation in (
        Operation(
            name="new",
            summary="Make a signing key of your own, and register it.",
            example="new",
            arguments=(
                argument("--name", default="", metavar="NAME", help="whose; left out, yours"),
                argument(
                    "--replace", action="store_true", help="put an old one aside, under its id"
                ),
            ),
            call=_new,
        ),
        Operation(
            name="list",
            summary="List whose keys are registered, and yours.",
            example="list",
            call=_list,
        ),
        Operation(
            name="add",
            summary="Register a public key as somebody's; left out, yours.",
            example="add ann.pub --name ann",
            arguments=(
                argument(
                    "key",
                    nargs="?",
                    default="",
                    metavar="PUBLIC_KEY",
                    help="a file (PEM or hexadecimal), or 64 hexadecimal digits",
                ),
                argument("--name", default="", metavar="NAME", help="whose it is"),
            ),
            call=_add,
        ),
        Operation(
            name="show",
            summary="Show a key's public part; left out, that of yours.",
            example="show ed25519:1f0c",
            arguments=(argument("key", nargs="?", default="", metavar="KEY", help=_KEY_ID),),
            call=_show,
        ),
        Operation(
            name="revoke",
            summary="Let a key sign nothing more: what it signed before stays.",
            example='revoke ed25519:1f0c --reason "the laptop was stolen"',
            arguments=(
                argument("key", metavar="KEY", help=_KEY_ID),
                argument("--reason", required=True, metavar="TEXT", help="why"),
                argument(
                    "--at",
                    default="",
                    metavar="TIME",
                    help="from when on, such as 2026-11-20T08:00Z; left out, from now on",
                ),
            ),
            call=_revoke,
        ),
    )
}
