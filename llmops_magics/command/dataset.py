"""The operations on datasets: ``%llm_dataset`` in a notebook, ``llmops dataset`` elsewhere."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

from llmops_magics.command.operation import Context, Operation, argument
from llmops_magics.command.value import json_or_text, read_json
from llmops_magics.errors import UsageError

REF_FORMS = "name, name@3 or name@sha256:ab12cd34"
NAME = argument("name", complete="dataset", help="the dataset's name, such as support-faq")
REF = argument("ref", complete="dataset-ref", help=REF_FORMS)
SLICE = argument("--slice", default="", help="a tag, or column=value")
MESSAGE = argument("-m", "--message", default="", help="why, for the history")
SOURCE_HELP = "a CSV, JSONL, JSON or Parquet file, a variable, or another dataset"


def _list(context: Context, _: Namespace) -> Any:
    return context.workspace.datasets.list()


def _show(context: Context, args: Namespace) -> Any:
    return context.workspace.datasets.show(args.ref, rows=args.rows, part=args.slice)


def _import(context: Context, args: Namespace) -> Any:
    source = _source(args.source, context)
    return context.workspace.datasets.import_data(args.name, source, message=args.message)


def _add(context: Context, args: Namespace) -> Any:
    given = [way for way in (args.source, args.from_trace, args.failing) if way]
    if len(given) != 1:
        raise UsageError(
            "Say what to add: a file or variable, --from-trace or --failing, and only one of them."
        )
    datasets = context.workspace.datasets
    _refuse_unread(args)
    if args.from_trace:
        expected = None if args.expected is None else json_or_text(args.expected)
        return datasets.add_from_trace(
            args.name,
            args.from_trace,
            expected=expected,
            column=args.column,
            replace=args.replace,
        )
    if args.failing:
        return datasets.add_failing(
            args.name,
            args.failing,
            scorer=args.scorer,
            below=args.below,
            replace=args.replace,
        )
    source = _source(args.source, context)
    return datasets.add(args.name, source, replace=args.replace, message=args.message)


def _refuse_unread(args: Namespace) -> None:
    """Refuse an option that the way of adding does not read."""
    only = {
        "--expected": (args.expected is not None, args.from_trace, "--from-trace"),
        "--column": (args.column, args.from_trace, "--from-trace"),
        "--scorer": (args.scorer, args.failing, "--failing"),
        "--below": (args.below is not None, args.failing, "--failing"),
        "--message": (args.message, args.source, "a file or variable"),
    }
    for option, (given, way, what) in only.items():
        if given and not way:
            raise UsageError(f"{option} goes with {what} only.")


def _diff(context: Context, args: Namespace) -> Any:
    return context.workspace.datasets.diff(args.before, args.after)


def _freeze(context: Context, args: Namespace) -> Any:
    return context.workspace.datasets.freeze(args.name, unfreeze=args.unfreeze, reason=args.reason)


def _export(context: Context, args: Namespace) -> Any:
    return context.workspace.datasets.export(
        args.ref, args.path, part=args.slice, overwrite=args.overwrite
    )


def _sample(context: Context, args: Namespace) -> Any:
    return context.workspace.datasets.sample(
        args.ref, args.n, seed=args.seed, by=args.by, part=args.slice, to=args.to
    )


def _schema(context: Context, args: Namespace) -> Any:
    new = read_json(args.set, context.namespace, "--set") if args.set else None
    return context.workspace.datasets.schema(args.ref, new=new)


def _check(context: Context, args: Namespace) -> Any:
    return context.workspace.datasets.check(args.ref, prompt=args.prompt)


def _source(written: str, context: Context) -> Any:
    """Return the notebook's variable as it is, so that a missing id stays missing."""
    if written in context.namespace and not Path(written).is_file():
        return context.namespace[written]
    return written


OPERATIONS: dict[str, Operation] = {
    operation.name: operation
    for operation in (
        Operation(
            name="list",
            summary="List the datasets with their newest version.",
            example="list",
            call=_list,
        ),
        Operation(
            name="show",
            summary="Show the first rows, columns, tags and schema, and where it is used.",
            example="show support-faq@3 --slice refund",
            arguments=(
                REF,
                argument("--rows", type=int, default=10, help="how many rows (default: 10)"),
                SLICE,
            ),
            call=_show,
        ),
        Operation(
            name="import",
            summary="Make a file or variable the newest version of a name.",
            example="import support-faq cases.csv -m 'first cases'",
            arguments=(NAME, argument("source", complete="variable", help=SOURCE_HELP), MESSAGE),
            call=_import,
        ),
        Operation(
            name="add",
            summary="Append cases as a new version: from a file, a trace or a run's failures.",
            example="add support-faq --failing run-0198c1d2e3f4-5a6b7c8d --scorer contains",
            arguments=(
                NAME,
                argument("source", nargs="?", default="", complete="variable", help=SOURCE_HELP),
                argument("--from-trace", default="", metavar="TRACE_ID", help="a traced call"),
                argument("--expected", default=None, help="its answer; @output for what was said"),
                argument("--column", default="", help="the input its question becomes"),
                argument("--failing", default="", metavar="RUN", help="what failed in an eval run"),
                argument("--scorer", default="", complete="scorer", help="failed by this score"),
                argument("--below", type=float, help="a number fails under this"),
                argument("--replace", action="store_true", help="put over the same id"),
                MESSAGE,
            ),
            call=_add,
        ),
        Operation(
            name="diff",
            summary="Show what was added, removed and changed, field by field.",
            example="diff support-faq@2 support-faq",
            arguments=(
                argument("before", complete="dataset-ref", help=REF_FORMS),
                argument("after", complete="dataset-ref", help="another one"),
            ),
            call=_diff,
        ),
        Operation(
            name="freeze",
            summary="Refuse further versions of a name, or allow them again with a reason.",
            example="freeze support-faq --reason 'the release set of June'",
            arguments=(
                NAME,
                argument("--unfreeze", action="store_true", help="allow them again"),
                argument("--reason", default="", help="why, for the audit trail"),
            ),
            call=_freeze,
        ),
        Operation(
            name="export",
            summary="Write a version as CSV, JSONL, JSON or Parquet, by the file's ending.",
            example="export support-faq@3 cases.csv",
            arguments=(
                REF,
                argument("path", help="the file to write"),
                SLICE,
                argument("--overwrite", action="store_true", help="replace a file of that name"),
            ),
            call=_export,
        ),
        Operation(
            name="sample",
            summary="Draw cases; the same seed draws the same ones.",
            example="sample support-faq -n 50 --seed 1 --by tags --to support-smoke",
            arguments=(
                REF,
                argument("-n", type=int, required=True, help="how many cases"),
                argument("--seed", type=int, default=0, help="which draw (default: 0)"),
                argument("--by", default="", help="keep the proportions of a column, or of tags"),
                SLICE,
                argument("--to", default="", help="keep the sample as a dataset of this name"),
            ),
            call=_sample,
        ),
        Operation(
            name="schema",
            summary="Show the JSON schema of the cases, or set one that binds what is added.",
            example="schema support-faq --set schema.json",
            arguments=(
                REF,
                argument("--set", default="", complete="variable", help="a JSON file or variable"),
            ),
            call=_schema,
        ),
        Operation(
            name="check",
            summary="Find duplicates, near-duplicates, and cases that prompts show.",
            example="check support-faq --prompt support/answer",
            arguments=(
                REF,
                argument("--prompt", default="", complete="ref", help="this prompt alone, in full"),
            ),
            call=_check,
            exit_code=lambda record: int(record.found),
        ),
    )
}
