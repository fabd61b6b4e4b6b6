"""``llmops gate``: execute gold notebooks, print the verdicts, and exit with the worst code.

``llmops gate NOTEBOOK`` is ``llmops gate run NOTEBOOK``. What a CI service wants beside it is
written here: JUnit XML, a comment, annotations and the summary of a step.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmops_magics.cli.operation import add_json, add_operation
from llmops_magics.cli.subcommand import command
from llmops_magics.command.gate import (
    DOSSIER,
    OPERATIONS,
    RUN,
    RUN_EXAMPLE,
    exit_code,
    run_gates,
    run_options,
    split_words,
)
from llmops_magics.command.operation import Context

if TYPE_CHECKING:
    from llmops_magics.record import Record
    from llmops_magics.release.execution.batch import GateBatch
    from llmops_magics.release.gate.ci.comment import Reported
    from llmops_magics.release.gate.result import GateResult
    from llmops_magics.workspace import Workspace

NAME = "gate"
SUMMARY = "Execute gold notebooks as release gates, and seal each as a dossier."


def with_run(words: Sequence[str]) -> list[str]:
    """Return a command line in which ``llmops gate NOTEBOOK`` says ``run``."""
    first = next((n for n, word in enumerate(words) if not word.startswith("-")), len(words))
    known = (*OPERATIONS, "-h", "--help")
    if list(words[first : first + 1]) != [NAME] or not words[first + 1 :]:
        return list(words)
    said = [] if words[first + 1] in known else [RUN]
    return [*words[: first + 1], *said, *words[first + 1 :]]


def add_to(commands: Any) -> None:
    """Add the command and its operations."""
    parser = command(commands, NAME, summary=SUMMARY, example=f"llmops gate {RUN_EXAMPLE}")
    own = parser.add_subparsers(dest="operation", required=True, metavar="OPERATION")
    for operation in OPERATIONS.values():
        if operation.name != RUN:
            add_operation(own, operation, example=f"llmops gate {operation.example}")
    _add_run(own)


def _add_run(commands: Any) -> None:
    parser = command(commands, RUN, summary=SUMMARY, example=f"llmops gate {RUN_EXAMPLE}")
    OPERATIONS[RUN].add_arguments(parser)
    parser.add_argument("--aa", type=int, default=0, metavar="N", help=_AA_HELP)
    parser.add_argument("--live", action="store_true", help="with --aa: N real runs, each paid for")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write JUnit XML")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write a comment")
    parser.add_argument("--against", default="", metavar="DOSSIER", help=_AGAINST_HELP)
    parser.add_argument("--github", action="store_true", help="annotations and step summary")
    add_json(parser)
    parser.set_defaults(run=run)


_AA_HELP = "how often it fails an unchanged prompt: N decisions on a dossier's own answers"
_AGAINST_HELP = f"what the comment compares with: {DOSSIER} (default: the last that was accepted)"


def run(args: argparse.Namespace) -> int:
    """Run the gates; 0 PASS, 1 FAIL, 3 INCONCLUSIVE, 4 could not run, 2 wrong usage."""
    from llmops_magics.cli.operation import run_operation
    from llmops_magics.command.progress import CaseProgress
    from llmops_magics.workspace import current_workspace

    _check_aa(args)
    if args.github:
        from llmops_magics.release.gate.ci.github import summary_path

        summary_path()  # before a gate runs, not after
    if args.aa and not args.live:
        again = argparse.Namespace(dossier=args.words[0], repeats=args.aa, json=args.json)
        return run_operation(OPERATIONS["aa"], again)
    workspace = current_workspace()
    if args.aa:
        return _aa_live(workspace, args)
    with CaseProgress(sys.stderr, is_shown=sys.stderr.isatty()) as progress:
        record = run_gates(Context(workspace=workspace, progress=progress), args)
    _print(record, as_json=args.json)
    _report(record, args, workspace)
    return exit_code(record)


def _check_aa(args: argparse.Namespace) -> None:
    from llmops_magics.errors import UsageError

    if args.live and not args.aa:
        raise UsageError("--live belongs to --aa.", hint="Say how often: --aa 20 --live.")
    if args.aa and len([word for word in args.words if "=" not in word]) != 1:
        raise UsageError("--aa takes one notebook with --live, and one dossier without.")


def _aa_live(workspace: Workspace, args: argparse.Namespace) -> int:
    """Repeat one gate, and print how often it failed or was undecided."""
    (notebook, *_), parameters = split_words(args)
    options = run_options(args)
    found = workspace.gates.aa_live(
        notebook, parameters, repeats=args.aa, jobs=args.jobs, **options
    )
    _print(found, as_json=args.json)
    return 0


def _print(record: Record, *, as_json: bool) -> None:
    import llmops_magics.views  # noqa: F401  (fills the registry of views)
    from llmops_magics.record import VIEWS

    if as_json:
        print(json.dumps(record.to_dict(), ensure_ascii=False, indent=2))
    else:
        print(VIEWS[record.kind].text(record))


def _report(record: GateResult | GateBatch, args: argparse.Namespace, workspace: Workspace) -> None:
    """Write what was asked for; a report that cannot be written is an error after the verdict."""
    from llmops_magics.release.execution.batch import GateBatch
    from llmops_magics.release.gate.report import to_junit

    results = record.results if isinstance(record, GateBatch) else (record,)
    problems = record.problems if isinstance(record, GateBatch) else ()
    if args.junit:
        args.junit.write_bytes(to_junit(*results))
    if not (args.markdown or args.github):
        return
    from llmops_magics.release.gate.ci.comment import to_comment

    told = [_reported(result, args.against, workspace) for result in results]
    comment = to_comment(told, problems=problems)
    if args.markdown:
        args.markdown.write_text(comment, encoding="utf-8")
    if args.github:
        _tell_github(comment, results, args)


def _reported(result: GateResult, against: str, workspace: Workspace) -> Reported:
    from llmops_magics.errors import LlmopsError
    from llmops_magics.release.gate.ci.comment import Reported

    try:
        return Reported(result=result, change=workspace.gates.change(result, against))
    except LlmopsError as error:
        if against:
            raise
        return Reported(result=result, note=str(error))


def _tell_github(comment: str, results: Sequence[GateResult], args: argparse.Namespace) -> None:
    """Write the summary, and the annotations where they do not spoil JSON."""
    from llmops_magics.release.gate.ci.github import all_annotations, write_summary

    paths = {Path(word).name: word for word in split_words(args)[0]}
    named = [(result, paths.get(result.notebook, result.notebook)) for result in results]
    say = partial(print, file=sys.stderr if args.json else sys.stdout)
    for line in all_annotations(named):
        say(line)
    write_summary(comment)
