"""The operations on prompts: ``%prompt`` in a notebook, ``llmops prompt`` on the command line."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from llmops_magics.command.operation import Argument, Context, Operation, argument
from llmops_magics.command.value import assignment, count, read_source, read_variables

if TYPE_CHECKING:
    from llmops_magics.release.gate.change_test import ChangeTestReport

REF_FORMS = "name, name@7, name@label or name@sha256:ab12cd34"
NAME = argument("name", complete="name", help="the prompt's name, such as support/answer")
REF = argument("ref", complete="ref", help=REF_FORMS)
VALUES = argument(
    "variables",
    complete="assignment",
    nargs="*",
    type=assignment,
    metavar="k=v",
    help="a variable; k=@x takes the notebook's variable or the file x",
)
MODEL = argument(
    "--model", default="", complete="model", help="endpoint/model, instead of the prompt's own"
)
REASON = argument("--reason", default="", help="why, for the audit trail")
METRIC = argument(
    "--metric",
    required=True,
    complete="metric",
    help="a scorer, or latency_ms, cost_usd, errors",
)


def _data(*, required: bool) -> Argument:
    return argument(
        "--data",
        required=required,
        complete="variable",
        help="a file, a variable, or a dataset that was used before",
    )


def _list(context: Context, args: Namespace) -> Any:
    return context.workspace.prompts.list(archived=args.archived)


def _show(context: Context, args: Namespace) -> Any:
    return context.workspace.prompts.show(args.ref)


def _log(context: Context, args: Namespace) -> Any:
    return context.workspace.prompts.log(args.name, limit=args.limit)


def _diff(context: Context, args: Namespace) -> Any:
    return context.workspace.prompts.diff(args.before, args.after)


def _variables(context: Context, args: Namespace) -> dict[str, Any]:
    version = context.workspace.prompts.get(args.ref)
    return read_variables(args.variables, version.inputs, context.namespace)


def _render(context: Context, args: Namespace) -> Any:
    return context.workspace.prompts.render(args.ref, _variables(context, args))


def _run(context: Context, args: Namespace) -> Any:
    variables = _variables(context, args)
    if args.sample:
        variables = {**context.workspace.prompts.get(args.ref).sample, **variables}
    return context.workspace.prompts.run(args.ref, variables, model=args.model)


def _label(context: Context, args: Namespace) -> Any:
    return context.workspace.prompts.label(
        args.ref,
        args.label,
        force=args.force,
        reason=args.reason,
        namespace=context.namespace,
        on_progress=context.progress,
    )


def _rollback(context: Context, args: Namespace) -> Any:
    return context.workspace.prompts.rollback(
        args.name, args.label, to=args.to, forward=args.forward, reason=args.reason
    )


def _checkout(context: Context, args: Namespace) -> Any:
    return context.workspace.prompts.checkout(args.name, at=" ".join(args.at))


def _search(context: Context, args: Namespace) -> Any:
    return context.workspace.prompts.search(" ".join(args.text), all_versions=args.all)


def _dependents(context: Context, args: Namespace) -> Any:
    return context.workspace.prompts.dependents(args.name)


def _export(context: Context, args: Namespace) -> Any:
    return context.workspace.prompts.export(args.ref, args.to, overwrite=args.overwrite)


def _import(context: Context, args: Namespace) -> Any:
    return context.workspace.prompts.import_files(args.path, name=args.name)


def _archive(context: Context, args: Namespace) -> Any:
    return context.workspace.prompts.archive(args.name, restore=args.restore, reason=args.reason)


def _test(context: Context, args: Namespace) -> Any:
    return context.workspace.prompts.test(
        args.ref, namespace=context.namespace, on_progress=context.progress
    )


def _blame(context: Context, args: Namespace) -> Any:
    data = _source(args.data, context)
    return context.workspace.prompts.blame(args.name, args.metric, data=data, model=args.model)


def _bisect(context: Context, args: Namespace) -> Any:
    return context.workspace.prompts.bisect(
        args.name,
        args.metric,
        good=args.good,
        bad=args.bad,
        data=_source(args.data, context),
        model=args.model,
        namespace=context.namespace,
        on_progress=context.progress,
    )


def _ablate(context: Context, args: Namespace) -> Any:
    return context.workspace.prompts.ablate(
        args.ref,
        args.metric,
        base=args.base,
        data=_source(args.data, context),
        model=args.model,
        namespace=context.namespace,
        on_progress=context.progress,
    )


def _source(written: str | None, context: Context) -> Any:
    return read_source(written, context.namespace) if written else None


def _verdict_code(report: ChangeTestReport) -> int:
    return {"PASS": 0, "FAIL": 1}.get(report.verdict, 3)


OPERATIONS: dict[str, Operation] = {
    operation.name: operation
    for operation in (
        Operation(
            name="list",
            summary="List the prompts with their newest version and labels.",
            example="list",
            arguments=(argument("--archived", action="store_true", help="those put away too"),),
            call=_list,
        ),
        Operation(
            name="show",
            summary="Show a version, and what changed against the one before it.",
            example="show support/answer@3",
            arguments=(REF,),
            call=_show,
        ),
        Operation(
            name="log",
            summary="Show the history: author, message, label moves and evals of each version.",
            example="log support/answer --limit 20",
            arguments=(
                NAME,
                argument("--limit", type=count, default=0, help="the newest N versions only"),
            ),
            call=_log,
        ),
        Operation(
            name="diff",
            summary="Show what changed between two versions, side by side and unified.",
            example="diff support/answer@production support/answer",
            arguments=(
                argument("before", complete="ref", help=REF_FORMS),
                argument("after", complete="ref", help="another one"),
            ),
            call=_diff,
        ),
        Operation(
            name="render",
            summary="Fill in the variables; what is not given comes from the prompt's sample.",
            example="render support/answer question='Where is my order?'",
            arguments=(REF, VALUES),
            call=_render,
        ),
        Operation(
            name="run",
            summary="Fill in the variables and call the model once.",
            example="run support/answer question='Where is my order?' --model openai/gpt-4.1",
            arguments=(
                REF,
                VALUES,
                MODEL,
                argument("--sample", action="store_true", help="take the rest from the sample"),
            ),
            call=_run,
        ),
        Operation(
            name="label",
            summary="Point a label to a version; its tests must pass.",
            example="label support/answer@7 candidate",
            arguments=(
                REF,
                argument("label", complete="label", help="such as candidate or team-a"),
                argument(
                    "--force", action="store_true", help="in spite of its tests; needs --reason"
                ),
                REASON,
            ),
            call=_label,
        ),
        Operation(
            name="rollback",
            summary="Point a label to what it pointed to before, in one step.",
            example="rollback support/answer production --reason 'wrong refunds'",
            arguments=(
                NAME,
                argument("label", complete="label", help="the label to move back"),
                argument("--to", default="", complete="ref", help="further back, to this version"),
                argument("--forward", action="store_true", help="undo the last rollback"),
                REASON,
            ),
            call=_rollback,
        ),
        Operation(
            name="checkout",
            summary="Show what a prompt's labels meant at a moment in the past.",
            example="checkout support/answer --at 2026-11-01T09:30",
            arguments=(
                NAME,
                argument(
                    "--at", required=True, nargs="+", help="2026-11-01T09:30 (UTC), or 2h ago"
                ),
            ),
            call=_checkout,
        ),
        Operation(
            name="search",
            summary="Find a text in names, messages, tags and templates.",
            example="search 'refund policy' --all",
            arguments=(
                argument("text", nargs="+", help="what to look for, in any case"),
                argument(
                    "--all",
                    action="store_true",
                    help="in every version, not only in the newest and the labelled ones",
                ),
            ),
            call=_search,
        ),
        Operation(
            name="dependents",
            summary="Show which prompts include this one: what a change touches.",
            example="dependents policy/refusal",
            arguments=(NAME,),
            call=_dependents,
        ),
        Operation(
            name="export",
            summary="Write a version as a .prompty file, with what it includes; or all prompts.",
            example="export support/answer@production --to prompts/",
            arguments=(
                argument(
                    "ref", nargs="?", default="", complete="ref", help=f"{REF_FORMS}; none for all"
                ),
                argument(
                    "--to",
                    default=".",
                    complete="path",
                    help="a folder (else the current one), or a file ending in .prompty",
                ),
                argument("--overwrite", action="store_true", help="replace files of that name"),
            ),
            call=_export,
        ),
        Operation(
            name="import",
            summary="Register a .prompty file, or all of a folder.",
            example="import prompts/",
            arguments=(
                argument("path", complete="path", help="a .prompty file or a folder"),
                argument("--name", default="", help="for a file that names no prompt"),
            ),
            call=_import,
        ),
        Operation(
            name="archive",
            summary="Put a prompt away (its versions stay), or take it out again.",
            example="archive support/old --reason 'replaced by support/answer'",
            arguments=(
                NAME,
                argument("--restore", action="store_true", help="take it out again"),
                REASON,
            ),
            call=_archive,
        ),
        Operation(
            name="test",
            summary="Run the tests that a prompt names in its front matter.",
            example="test support/answer@7",
            arguments=(REF,),
            call=_test,
            exit_code=_verdict_code,
        ),
        Operation(
            name="blame",
            summary="Tell which version moved a metric, from the evals that are stored.",
            example="blame support/answer --metric contains",
            arguments=(NAME, METRIC, _data(required=False), MODEL),
            call=_blame,
        ),
        Operation(
            name="bisect",
            summary="Find the version that broke a metric with as few evals as needed.",
            example="bisect support/answer --metric contains --good support/answer@3 "
            "--bad support/answer@12 --data cases.jsonl",
            arguments=(
                NAME,
                METRIC,
                argument("--good", required=True, complete="ref", help="a version that was good"),
                argument("--bad", required=True, complete="ref", help="a later one that is bad"),
                _data(required=True),
                MODEL,
            ),
            call=_bisect,
        ),
        Operation(
            name="ablate",
            summary="Split a change into its parts and evaluate each alone.",
            example="ablate support/answer@8 --base support/answer@7 --metric contains "
            "--data cases.jsonl",
            arguments=(
                REF,
                argument("--base", required=True, complete="ref", help="the version before"),
                METRIC,
                _data(required=True),
                MODEL,
            ),
            call=_ablate,
        ),
    )
}
