"""The operations on corpora: ``%llm_corpus`` in a notebook, ``llmops corpus`` elsewhere."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

from llmops_magics.command.operation import Context, Operation, argument
from llmops_magics.config.home import expanded

REF_FORMS = "name, name@3 or name@sha256:ab12cd34"
NAME = argument("name", complete="corpus", help="the corpus's name, such as handbook")
REF = argument("ref", complete="corpus-ref", help=REF_FORMS)
SOURCE_HELP = "a file or folder; in a notebook a DataFrame, a list, or a function that yields them"


def groups(text: str) -> tuple[str, ...]:
    """Read ``hr,legal``; an argparse type."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _add(context: Context, args: Namespace) -> Any:
    source, label = _source(args.source, context)
    return context.workspace.corpora.add(
        args.name,
        source,
        message=args.message,
        groups=args.groups,
        encoding=args.encoding,
        label=label,
        on_progress=context.progress,
    )


def _list(context: Context, _: Namespace) -> Any:
    return context.workspace.corpora.list()


def _show(context: Context, args: Namespace) -> Any:
    return context.workspace.corpora.show(args.ref, rows=args.rows)


def _log(context: Context, args: Namespace) -> Any:
    return context.workspace.corpora.log(args.name)


def _diff(context: Context, args: Namespace) -> Any:
    return context.workspace.corpora.diff(args.before, args.after)


def _check(context: Context, args: Namespace) -> Any:
    source, _label = _source(args.source, context) if args.source else (None, "")
    return context.workspace.corpora.check(args.ref, source, on_progress=context.progress)


def _source(written: str, context: Context) -> tuple[Any, str]:
    """Return the notebook's variable and its name, or the path; a file wins over a variable."""
    if written not in context.namespace or expanded(written).exists():
        return written, ""
    value = context.namespace[written]
    return value, "" if isinstance(value, str | Path) else written


OPERATIONS: dict[str, Operation] = {
    operation.name: operation
    for operation in (
        Operation(
            name="add",
            summary="Read documents and make them the newest version of a name.",
            example="add handbook docs/ -m 'as of November'",
            arguments=(
                NAME,
                argument("source", complete="variable", help=SOURCE_HELP),
                argument(
                    "--groups",
                    type=groups,
                    metavar="GROUP,…",
                    help="who may read documents that do not say (default: public)",
                ),
                argument("--encoding", default="", help="of files that are not UTF-8 nor say"),
                argument("-m", "--message", default="", help="why, for the history"),
            ),
            call=_add,
        ),
        Operation(
            name="list",
            summary="List the corpora with their newest version.",
            example="list",
            call=_list,
        ),
        Operation(
            name="show",
            summary="Show the first documents, what was skipped, and who may read them.",
            example="show handbook@3",
            arguments=(
                REF,
                argument("--rows", type=int, default=10, help="how many documents (default: 10)"),
            ),
            call=_show,
        ),
        Operation(
            name="log",
            summary="Show the versions of a corpus, the newest first.",
            example="log handbook",
            arguments=(NAME,),
            call=_log,
        ),
        Operation(
            name="diff",
            summary="Show which documents came, went and changed between two versions.",
            example="diff handbook@2 handbook",
            arguments=(
                argument("before", complete="corpus-ref", help=REF_FORMS),
                argument("after", complete="corpus-ref", help="another one"),
            ),
            call=_diff,
        ),
        Operation(
            name="check",
            summary="Read the source again and say what changed; nothing is written.",
            example="check handbook",
            arguments=(
                REF,
                argument(
                    "source",
                    nargs="?",
                    default="",
                    complete="variable",
                    help="what to read instead; needed for a variable or function",
                ),
            ),
            call=_check,
            exit_code=lambda record: int(not record.is_same),
        ),
    )
}
