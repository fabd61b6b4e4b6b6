"""The operations of the guard: ``%guard`` in a notebook, ``llmops guard`` elsewhere."""

from __future__ import annotations

from argparse import ArgumentTypeError, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmops_magics.command import pending
from llmops_magics.command.access import CAN
from llmops_magics.command.operation import Context, Operation, argument
from llmops_magics.command.value import count
from llmops_magics.errors import UsageError
from llmops_magics.guard.detector import BOUNDARIES

if TYPE_CHECKING:
    from llmops_magics.guard.bench.report import GuardBench
    from llmops_magics.guard.catalogue import DetectorList
    from llmops_magics.guard.survey.report import ScanReport
    from llmops_magics.guard.training.trained import TrainedWeights

FAILED_EXIT = 4  # a detector could not look: that is no clean result
FOUND_EXIT = 1


def specs(text: str) -> tuple[str, ...]:
    """Read ``injection,pii``; an argparse type."""
    read = tuple(part.strip() for part in text.split(",") if part.strip())
    if not read:
        raise ArgumentTypeError(f"{text!r} names no detector")
    return read


def share(text: str) -> float:
    """Read a proportion, ``0.02`` or ``2%``; an argparse type."""
    try:
        value = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise ArgumentTypeError(f"{text!r} is no proportion, such as 0.02 or 2%")
    return value


DETECTORS = argument(
    "--detectors",
    type=specs,
    default=(),
    metavar="NAME,…",
    complete="detector",
    help="which look (default: those of [guard], else all that need no extra)",
)
BOUNDARY = argument(
    "--boundary",
    choices=BOUNDARIES,
    complete="boundary",
    help="scan every text as one that crosses this (default: what it is)",
)


def scan(context: Context, args: Namespace, targets: list[Any], names: list[str]) -> ScanReport:
    """Scan what was named: the one call behind ``%%guard`` and ``guard scan``."""
    return context.workspace.scans.scan(
        *targets,
        names=names,
        detectors=args.detectors,
        boundary=args.boundary,
        on_progress=context.progress,
    )


def _scan(context: Context, args: Namespace) -> ScanReport:
    """Scan words of a notebook's line; several that name nothing are a text."""
    scans, words = context.workspace.scans, args.target
    is_value = [word in context.namespace and not Path(word).exists() for word in words]
    if len(words) > 1 and not any(is_value) and not any(map(scans.names, words)):
        return scan(context, args, [f"text:{' '.join(words)}"], [])
    targets = [
        context.namespace[word] if is_variable else word
        for word, is_variable in zip(words, is_value, strict=True)
    ]
    names = [word if is_variable else "" for word, is_variable in zip(words, is_value, strict=True)]
    return scan(context, args, targets, names)


def _bench(context: Context, args: Namespace) -> GuardBench:
    from llmops_magics.guard.bench.bench import bench
    from llmops_magics.guard.bench.data import read_labelled
    from llmops_magics.guard.registry import DEFAULT

    data = read_labelled(Path(args.data), positive=args.positive, limit=args.limit)
    chosen = args.detectors or context.workspace.settings.guard.detectors or DEFAULT
    return bench(
        data, chosen, target_fpr=args.target_fpr, kind=args.kind, on_progress=context.progress
    )


def _train(context: Context, args: Namespace) -> TrainedWeights:
    from llmops_magics.guard.training.trained import train_file

    return train_file(
        Path(args.data), Path(args.output), seed=args.seed, on_progress=context.progress
    )


def _detectors(context: Context, _args: Namespace) -> DetectorList:
    return context.workspace.scans.detectors()


def _failed(record: Any) -> int:
    return FAILED_EXIT if record.errors else 0


def scan_exit(report: ScanReport, fail_on: str) -> int:
    """Return 4 if something was not looked at, 1 for findings as bad as ``fail_on``, else 0."""
    from llmops_magics.guard.finding import SEVERITIES

    if report.outcome == "failed":
        return FAILED_EXIT
    if fail_on == "never":
        return 0
    for severity in SEVERITIES:
        if severity == fail_on:
            return FOUND_EXIT if report.count_at_least(severity) else 0
    raise UsageError(f"there is no severity {fail_on!r}.")


SCAN = Operation(
    name="scan",
    summary="Look for attacks, leaks, personal data and secrets in anything there is.",
    example="scan support-cases docs/ report.ipynb --detectors injection,pii",
    arguments=(
        argument(
            "target",
            nargs="+",
            metavar="TEXT|VARIABLE|PATH|NAME",
            complete="scanned",
            help="a text, variable, file, folder, notebook, dataset, corpus or run; "
            "dataset:NAME and the like say which",
        ),
        DETECTORS,
        BOUNDARY,
    ),
    call=_scan,
    exit_code=lambda report: scan_exit(report, "low"),
)
OPERATIONS: dict[str, Operation] = {
    operation.name: operation
    for operation in (
        SCAN,
        Operation(
            name="detectors",
            summary="List the detectors: their versions, where they look, whether they load.",
            example="detectors",
            call=_detectors,
            exit_code=lambda listed: FAILED_EXIT if listed.broken else 0,
        ),
        Operation(
            name="bench",
            summary="Measure detectors on labelled texts: recall, false alarms, speed, thresholds.",
            example="bench labelled.jsonl --detectors injection --target-fpr 2%",
            arguments=(
                argument("data", metavar="DATA.jsonl", complete="path", help="text and label"),
                DETECTORS,
                argument(
                    "--target-fpr",
                    type=share,
                    default=0.02,
                    metavar="SHARE",
                    help="find the threshold with so many false alarms (default: 0.02)",
                ),
                argument("--kind", default="", help="count findings of this kind alone"),
                argument(
                    "--positive",
                    action="append",
                    default=[],
                    metavar="LABEL",
                    help="a label that is dangerous; all others are then harmless",
                ),
                argument("--limit", type=count, default=0, help="take about so many rows"),
            ),
            call=_bench,
            exit_code=_failed,
        ),
        Operation(
            name="train",
            summary="Train the weights of the injection detector on labelled texts.",
            example="train labelled.jsonl -o injection.npz",
            arguments=(
                argument("data", metavar="DATA.jsonl", complete="path", help="text and label"),
                argument(
                    "-o", "--output", required=True, metavar="FILE", complete="path", help=".npz"
                ),
                argument("--seed", type=int, default=1, help="the same seed, the same weights"),
            ),
            call=_train,
        ),
        CAN,
        *pending.OPERATIONS,
    )
}
