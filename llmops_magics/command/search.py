"""``%llm_search`` and ``%retrieval_access``: ask a corpus, and see who gets what."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from llmops_magics.command.operation import Argument, Context, Operation, argument
from llmops_magics.command.option import whole
from llmops_magics.command.retriever import CORPUS, retriever
from llmops_magics.command.target import split_targets

_EXIT = {"PASS": 0, "FAIL": 1, "INCONCLUSIVE": 3}


def _search(context: Context, args: Namespace) -> Any:
    return context.workspace.search.one(
        args.corpus,
        " ".join(args.question),
        k=args.k,
        retriever=args.retriever,
        principal=args.principal or None,
        namespace=context.namespace,
    )


def _access(context: Context, args: Namespace) -> Any:
    return context.workspace.search.check_access(
        args.corpus, split_targets([args.principals]), k=args.k, retriever=args.retriever
    )


def _k(default: int) -> Argument:
    return argument(
        "--k", type=whole, default=default, metavar="K", help=f"how many (default: {default})"
    )


_RETRIEVER = retriever(
    "dense, lexical or hybrid (default), also with +rerank:FUNCTION",
    default="hybrid",
    metavar="NAME",
)
SEARCH = Operation(
    name="search",
    summary="Ask a corpus one question and see the passages it finds, with scores and places.",
    example="search docs how long may a refund take --k 5 --retriever hybrid",
    arguments=(
        CORPUS,
        argument("question", nargs="+", metavar="QUESTION", help="what to look for"),
        _k(5),
        _RETRIEVER,
        argument(
            "--as",
            dest="principal",
            default="",
            metavar="NAME",
            help="search as somebody of [access.groups] (default: yourself)",
        ),
    ),
    call=_search,
)
ACCESS = Operation(
    name="access",
    summary="Let each principal ask for documents it may not read; one leak fails.",
    example="access docs --as ada,eve",
    arguments=(
        CORPUS,
        argument(
            "--as",
            dest="principals",
            default="",
            metavar="NAME,…",
            help="who asks (default: all of [access.groups], and somebody who is in none)",
        ),
        _k(10),
        _RETRIEVER,
    ),
    call=_access,
    exit_code=lambda record: _EXIT[record.verdict],
)
