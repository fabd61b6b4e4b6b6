"""The operations on gates: ``%llm_gate`` in a notebook, ``llmops gate`` elsewhere.

``run`` need not be said: ``llmops gate release_gate`` runs a gate.
"""

from __future__ import annotations

import threading
from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from llmops_magics.command.operation import Context, Operation, Progress, argument
from llmops_magics.command.option import seconds, whole

if TYPE_CHECKING:
    from llmops_magics.release.execution.batch import GateBatch
    from llmops_magics.release.gate.result import GateResult
    from llmops_magics.release.lint.record import GateLint
    from llmops_magics.workbench.gate_runs import RunOptions

RUN = "run"
RUN_EXAMPLE = "release_gate -p prompt=support/answer@2 -p data=cases.jsonl"
NOTEBOOK = "a file, or the name of one of ours: release_gate, retrieval_gate, security_gate, …"
DOSSIER = "a gate's id, a digest, a folder, or newest"

_PARAMETER = argument(
    "-p",
    "--parameter",
    action="append",
    default=[],
    metavar="NAME=VALUE",
    help="a parameter of the notebook; may be given again",
)
_LIMITS = (
    argument("--timeout", type=seconds, default=1800.0, metavar="S", help="for the whole"),
    argument("--cell-timeout", type=seconds, default=600.0, metavar="S", help="for a cell"),
)


class CellCount:
    """Adds the cells of several notebooks up, whose reports come from several threads."""

    def __init__(self, progress: Progress | None, notebooks: int) -> None:
        self._progress = progress
        self._notebooks = notebooks
        self._seen: dict[str, tuple[int, int]] = {}
        self._lock = threading.Lock()

    def __call__(self, notebook: str, index: int, count: int, first_line: str) -> None:
        """Note that a cell of a notebook begins."""
        del first_line
        if self._progress is None:
            return
        with self._lock:
            self._seen[notebook] = (index, count)
            done = sum(at for at, _ in self._seen.values())
            total = sum(cells for _, cells in self._seen.values())
            name = notebook if self._notebooks == 1 else f"{self._notebooks} gates"
            self._progress(name, done, total)


def run_gates(context: Context, args: Namespace) -> GateResult | GateBatch:
    """Run what the line names: the result of one notebook, or a batch of several."""
    from llmops_magics.command.progress import CaseProgress

    if isinstance(context.progress, CaseProgress):
        context.progress.unit = "cell"
    notebooks, parameters = split_words(args)
    options = run_options(args)
    count = CellCount(context.progress, len(notebooks))
    gates = context.workspace.gates
    if len(notebooks) > 1:
        return gates.run_all(notebooks, parameters, jobs=args.jobs, on_progress=count, **options)
    name = str(notebooks[0])
    told = lambda index, total, line: count(name, index, total, line)  # noqa: E731
    return gates.run(notebooks[0], parameters, on_progress=told, **options)


def split_words(args: Namespace) -> tuple[list[str], dict[str, Any]]:
    """Return the notebooks of a line and all its parameters; what is said last counts."""
    from llmops_magics.errors import UsageError
    from llmops_magics.release.execution.parameter import parse_parameter, read_parameters

    notebooks = [word for word in args.words if "=" not in word]
    if not notebooks:
        raise UsageError("No notebook is named.", hint=f"Such as: {RUN_EXAMPLE}.")
    parameters: dict[str, Any] = {}
    for path in args.file:
        parameters |= read_parameters(path)
    named = [word for word in args.words if "=" in word]
    return notebooks, parameters | dict(map(parse_parameter, [*named, *args.parameter]))


def run_options(args: Namespace) -> RunOptions:
    """Return how the gates are to be run."""
    return {
        "environment": args.env,
        "mode": args.mode,
        "of": args.of,
        "cache": args.cache,
        "archive": args.archive,
        "timeout_s": args.timeout,
        "cell_timeout_s": args.cell_timeout,
    }


def _new(context: Context, args: Namespace) -> Any:
    from llmops_magics.release.execution.parameter import parse_parameter

    parameters = dict(map(parse_parameter, args.parameter))
    return context.workspace.gates.new(args.name, args.template, parameters, folder=args.folder)


def _lint(context: Context, args: Namespace) -> Any:
    return context.workspace.gates.lint(args.notebook)


def _lint_code(lint: GateLint) -> int:
    return lint.exit_code


def _diff(context: Context, args: Namespace) -> Any:
    return context.workspace.gates.diff(args.before, args.after)


def _replay(context: Context, args: Namespace) -> Any:
    return context.workspace.gates.replay(
        args.dossier,
        rejudge=args.rejudge,
        timeout_s=args.timeout,
        cell_timeout_s=args.cell_timeout,
    )


def _show(context: Context, args: Namespace) -> Any:
    return context.workspace.gates.describe(args.notebooks)


def _aa(context: Context, args: Namespace) -> Any:
    return context.workspace.gates.aa(args.dossier, repeats=args.repeats)


def exit_code(record: GateResult | GateBatch) -> int:
    """Return the code of one gate, or the worst of several."""
    return int(record.exit_code)


def _run_arguments() -> Sequence[Any]:
    return (
        argument(
            "words",
            nargs="+",
            metavar="NOTEBOOK",
            complete="gate",
            help=f"{NOTEBOOK}; NAME=VALUE is a parameter",
        ),
        _PARAMETER,
        argument(
            "-f",
            "--file",
            action="append",
            default=[],
            metavar="FILE",
            complete="path",
            help="parameters in a YAML or JSON file; -p comes before it",
        ),
        argument("--env", default="", metavar="ENVIRONMENT", help="what the release is for"),
        argument("--jobs", type=whole, default=1, metavar="N", help="notebooks at once"),
        *_LIMITS,
        argument(
            "--mode",
            default="live",
            choices=("live", "replay", "rejudge"),
            help="replay: every answer from a dossier; rejudge: only judges are asked again",
        ),
        argument("--of", default="", metavar="DOSSIER", help="the dossier that is replayed"),
        argument(
            "--cache",
            default="",
            choices=("", "use", "refresh", "replay"),
            metavar="USE",
            help="declares that stored answers count: use, refresh or replay",
        ),
        argument(
            "--archive",
            default=None,
            metavar="PLACE",
            help="where the dossier is kept: a folder, or s3://, gs://, abs:// for a copy",
        ),
    )


OPERATIONS: dict[str, Operation] = {
    operation.name: operation
    for operation in (
        Operation(
            name=RUN,
            summary="Execute gold notebooks as release gates, and seal each as a dossier.",
            example=RUN_EXAMPLE,
            arguments=tuple(_run_arguments()),
            call=run_gates,
            exit_code=exit_code,
        ),
        Operation(
            name="show",
            summary="Say what gold notebooks ask, and which parameters they take.",
            example="show cost_gate",
            arguments=(argument("notebooks", nargs="*", metavar="NOTEBOOK", complete="gate"),),
            call=_show,
        ),
        Operation(
            name="new",
            summary="Write a gold notebook of your own from a template.",
            example="new refunds --template release -p data=refunds.jsonl",
            arguments=(
                argument("name", metavar="NAME", help="of the new file, without .ipynb"),
                argument(
                    "--template",
                    default="release",
                    metavar="TEMPLATE",
                    complete="gate-template",
                    help="release, retrieval, security, cost or sentinel (default: release)",
                ),
                _PARAMETER,
                argument(
                    "--folder",
                    default="notebooks/gates",
                    metavar="FOLDER",
                    complete="path",
                    help="from the workspace's folder (default: notebooks/gates)",
                ),
            ),
            call=_new,
        ),
        Operation(
            name="lint",
            summary="Look in a gold notebook for what would make its verdict worth less.",
            example="lint notebooks/gates/refunds.ipynb",
            arguments=(argument("notebook", metavar="NOTEBOOK", complete="gate", help=NOTEBOOK),),
            call=_lint,
            exit_code=_lint_code,
        ),
        Operation(
            name="replay",
            summary="Execute a dossier's notebook again on the answers that it holds, at no cost.",
            example="replay newest",
            arguments=(
                argument("dossier", metavar="DOSSIER", complete="dossier", help=DOSSIER),
                argument("--rejudge", action="store_true", help="ask the judges again"),
                *_LIMITS,
            ),
            call=_replay,
            exit_code=exit_code,
        ),
        Operation(
            name="diff",
            summary="Say what changed from one dossier to another.",
            example="diff release_gate-20261124T020000Z-ab12cd newest",
            arguments=(
                argument("before", metavar="BEFORE", complete="dossier", help=DOSSIER),
                argument("after", metavar="AFTER", complete="dossier", help=DOSSIER),
            ),
            call=_diff,
        ),
        Operation(
            name="aa",
            summary="Estimate how often a dossier's gate would fail an unchanged prompt.",
            example="aa newest --repeats 1000",
            arguments=(
                argument("dossier", metavar="DOSSIER", complete="dossier", help=DOSSIER),
                argument("--repeats", type=whole, default=1000, metavar="N", help="decisions"),
            ),
            call=_aa,
        ),
    )
}
