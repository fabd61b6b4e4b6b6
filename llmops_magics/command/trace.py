"""The operations on traces: ``%llm_trace`` in a notebook, ``llmops trace`` elsewhere."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from llmops_magics.command.operation import Context, Operation, argument
from llmops_magics.command.option import whole

FILTERS = (
    argument("--errors", action="store_true", help="with a span that failed"),
    argument("--slow", action="store_true", help="the slowest first"),
    argument("--where", default="", help="a condition: 'latency_ms > 2000 and model = openai/x'"),
    argument("--text", default="", help="words in names, messages and attributes"),
    argument("--prompt", default="", complete="ref", help="name, of any version, or name@7"),
    argument("--model", default="", complete="answering-model", help="such as openai/gpt-4.1-mini"),
    argument("--notebook", default="", help="its file name"),
    argument("--session", default="", help="a session's id"),
    argument("--user", default="", help="a user's id"),
    argument("--run", dest="run_id", default="", complete="run", help="an eval run's id"),
    argument("--failure", default="", help="timeout, rate_limit, content_filter, truncated, …"),
    argument("--since", default="", help="30m, 2h or 7d ago, or a date"),
    argument("--until", default="", help="the same, for the end"),
    argument("--limit", type=whole, default=20, help="how many (default: 20)"),
)
WHICH = "last, cell, 4 or more digits of a trace's id, or an eval run's id"
_NAMES = tuple(each.flags[0].removeprefix("--") for each in FILTERS if "dest" not in each.options)


def _asked(args: Namespace) -> Any:
    from llmops_magics.tracing.search import TraceSearch

    return TraceSearch(run=args.run_id, **{name: getattr(args, name) for name in _NAMES})


def _list(context: Context, args: Namespace) -> Any:
    return context.workspace.traces.search(_asked(args))


def _show(context: Context, args: Namespace) -> Any:
    return context.workspace.traces.show(args.which)


def _import(context: Context, args: Namespace) -> Any:
    return context.workspace.traces.import_file(args.path)


def _export(context: Context, args: Namespace) -> Any:
    return context.workspace.traces.export(
        args.path, which=args.which, asked=_asked(args), overwrite=args.overwrite
    )


def _prune(context: Context, args: Namespace) -> Any:
    return context.workspace.traces.prune(older_than=args.older_than, dry_run=args.dry_run)


OPERATIONS: dict[str, Operation] = {
    operation.name: operation
    for operation in (
        Operation(
            name="list",
            summary="List traces, the newest first, by what they called, took, cost and hit.",
            example="list --errors --since 2h",
            arguments=FILTERS,
            call=_list,
        ),
        Operation(
            name="show",
            summary="Show one trace as a waterfall, or the traces of an eval run.",
            example="show last",
            arguments=(argument("which", nargs="?", default="last", help=WHICH),),
            call=_show,
        ),
        Operation(
            name="import",
            summary="Read spans from OTLP JSON, or JSONL of it; what is there already stays.",
            example="import production.jsonl",
            arguments=(argument("path", complete="path", help="a file of resourceSpans"),),
            call=_import,
        ),
        Operation(
            name="export",
            summary="Write traces as OTLP JSON, or one a line in a .jsonl file.",
            example="export errors.jsonl --errors --limit 1000",
            arguments=(
                argument("path", complete="path", help="the file to write"),
                argument("which", nargs="?", default="", help=WHICH),
                *FILTERS,
                argument("--overwrite", action="store_true", help="replace a file of that name"),
            ),
            call=_export,
        ),
        Operation(
            name="prune",
            summary="Forget old traces; sums by day, traces of eval runs and held ones stay.",
            example="prune --older-than 30d --dry-run",
            arguments=(
                argument("--older-than", required=True, help="30d, 12w or a date"),
                argument("--dry-run", action="store_true", help="only count"),
            ),
            call=_prune,
        ),
    )
}
