"""The operations on indexes: ``%llm_index`` in a notebook, ``llmops index`` elsewhere."""

from __future__ import annotations

import time
from argparse import ArgumentTypeError, Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from llmops_magics.command.operation import Context, Operation, argument
from llmops_magics.errors import UsageError

if TYPE_CHECKING:
    from llmops_magics.retrieval.index.status import IndexStatus

CORPUS = argument("corpus", complete="index", help="the corpus's name, such as handbook")
Counted = Callable[[int, int], None]


def seconds(text: str) -> int:
    """Read how often to look, such as ``60s``; an argparse type."""
    from llmops_magics.monitoring.window import period_s

    try:
        return period_s(text)
    except UsageError as error:
        raise ArgumentTypeError(str(error).rstrip(".")) from None


def watch(
    look: Callable[[], IndexStatus],
    show: Callable[[IndexStatus], None],
    *,
    every_s: float,
    times: int = 0,
) -> IndexStatus:
    """Look again and again, until Ctrl-C or so many times; return what was seen last."""
    status = look()
    try:
        while True:
            show(status)
            times -= 1
            if times == 0:
                return status
            time.sleep(every_s)
            status = look()
    except KeyboardInterrupt:
        return status


def looking(context: Context, args: Namespace) -> Callable[[], IndexStatus]:
    """Return what looks at the index that is meant, once."""
    indexes = context.workspace.indexes
    corpus = args.corpus or _only(indexes.names())
    return lambda: indexes.status(
        corpus, args.rule, reads_source=args.reads_source, embedding=args.embedding
    )


def _build(context: Context, args: Namespace) -> Any:
    name, at, _ = args.ref.partition("@")
    return context.workspace.indexes.change(
        name,
        args.ref if at else None,
        chunker=args.chunker,
        embedding=args.embedding,
        on_progress=_counted(context, f"embed {name}"),
    )


def _refresh(context: Context, args: Namespace) -> Any:
    name, at, _ = args.ref.partition("@")
    return context.workspace.indexes.refresh(
        name,
        args.ref if at else None,
        reads_source=not args.stored,
        on_progress=_counted(context, f"embed {name}"),
    )


def _status(context: Context, args: Namespace) -> Any:
    look = looking(context, args)
    if not args.watch:
        return look()
    return watch(look, _say, every_s=args.every, times=args.times)


def _verify(context: Context, args: Namespace) -> Any:
    counted = _counted(context, f"read {args.corpus}")
    return context.workspace.indexes.verify(args.corpus, sample=args.sample, on_progress=counted)


def _revert(context: Context, args: Namespace) -> Any:
    return context.workspace.indexes.revert(args.corpus)


def _drop(context: Context, args: Namespace) -> Any:
    return context.workspace.indexes.drop(args.corpus)


def _show(context: Context, args: Namespace) -> Any:
    return context.workspace.indexes.manifest(args.corpus)


def _list(context: Context, _: Namespace) -> Any:
    return context.workspace.indexes.list()


def _counted(context: Context, title: str) -> Counted | None:
    progress = context.progress
    return None if progress is None else lambda done, total: progress(title, done, total)


def _only(names: tuple[str, ...]) -> str:
    if len(names) == 1:
        return names[0]
    known = f"There are {', '.join(names)}." if names else "%llm_index build NAME makes one."
    raise UsageError("which index is meant?" if names else "there is no index.", hint=known)


def _say(status: IndexStatus) -> None:
    """Print a look in one line."""
    from llmops_magics.record import format_time
    from llmops_magics.views.format import moment
    from llmops_magics.views.markup import visible

    states = ", ".join(
        f"{getattr(status, name):,} {name}" for name in ("fresh", "stale", "missing", "orphaned")
    )
    verdict = f" {status.verdict}" if status.verdict else ""
    line = f"{moment(format_time(status.checked_at))}  {status.corpus}:{verdict} {states}"
    print(visible(line), flush=True)  # noqa: T201 -- what watching is for


_EMBEDDING_HELP = "local, ENDPOINT/MODEL or chroma:NAME (default: local)"
_REF = argument("ref", metavar="CORPUS", complete="corpus-ref", help="name, name@3, name@sha256:…")
OPERATIONS: dict[str, Operation] = {
    operation.name: operation
    for operation in (
        Operation(
            name="build",
            summary="Cut a corpus into chunks, embed them, and make that its index.",
            example="build handbook --chunker semchunk:200",
            arguments=(
                _REF,
                argument(
                    "--chunker",
                    default="semchunk:200",
                    complete="chunker",
                    help="KIND:TOKENS[/OVERLAP], such as markdown:300/30 (default: semchunk:200)",
                ),
                argument("--embedding", default="local", help=_EMBEDDING_HELP),
            ),
            call=_build,
        ),
        Operation(
            name="refresh",
            summary="Read the corpus's files again and embed what is new in them.",
            example="refresh handbook",
            arguments=(
                argument(
                    "ref", metavar="CORPUS", complete="index", help="name, or name@3 for a version"
                ),
                argument("--stored", action="store_true", help="do not read the files again"),
            ),
            call=_refresh,
        ),
        Operation(
            name="status",
            summary="Hold an index against its sources and its store: exit code 1 if a rule fails, "
            "3 if one is INCONCLUSIVE.",
            example="status handbook --rule 'stale <= 1%' 'age <= 7d'",
            arguments=(
                argument(
                    "corpus",
                    nargs="?",
                    default="",
                    complete="index",
                    help="the corpus's name; it may be left out where there is one index",
                ),
                argument(
                    "--rule",
                    nargs="+",
                    default=[],
                    metavar="RULE",
                    help="such as 'stale <= 1%%' 'age <= 7d' 'p95(source_age) <= 30d'",
                ),
                argument(
                    "--source",
                    dest="reads_source",
                    action="store_true",
                    default=None,
                    help="read the source again, however large it is",
                ),
                argument(
                    "--stored",
                    dest="reads_source",
                    action="store_false",
                    help="hold it against the newest version that was added",
                ),
                argument("--embedding", default="", help="what would embed now, if another"),
                argument("--watch", action="store_true", help="look again and again, until Ctrl-C"),
                argument(
                    "--every", type=seconds, default=60, metavar="TIME", help="(default: 60s)"
                ),
                argument("--times", type=int, default=0, metavar="N", help="stop after so many"),
            ),
            call=_status,
            exit_code=lambda record: record.exit_code,
        ),
        Operation(
            name="verify",
            summary="Read every row of an index, and embed a sample again: exit code 1 if "
            "something is found.",
            example="verify handbook",
            arguments=(
                CORPUS,
                argument("--sample", type=int, default=32, help="embedded again (default: 32)"),
            ),
            call=_verify,
            exit_code=lambda record: record.exit_code,
        ),
        Operation(
            name="revert",
            summary="Go back to the index before this one; again, and it is in use again.",
            example="revert handbook",
            arguments=(CORPUS,),
            call=_revert,
        ),
        Operation(
            name="drop",
            summary="Delete the index of a corpus; the corpus and the cached vectors stay.",
            example="drop handbook",
            arguments=(CORPUS,),
            call=_drop,
        ),
        Operation(
            name="show",
            summary="Show what an index was built of.",
            example="show handbook",
            arguments=(CORPUS,),
            call=_show,
        ),
        Operation(
            name="list",
            summary="List the indexes that are in use.",
            example="list",
            call=_list,
        ),
    )
}
