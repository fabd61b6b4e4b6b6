"""The operations on stored answers: ``%llm_cache`` in a notebook, ``llmops cache`` elsewhere."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError, Namespace
from pathlib import Path
from typing import Any

from llmops_magics.command.operation import Context, Operation, argument
from llmops_magics.command.option import whole
from llmops_magics.errors import UsageError

SUMMARY = "See what answers are stored and what they saved, take some out, measure false hits."
_AGE = re.compile(r"(\d+(?:\.\d+)?)\s*([dhw]?)")
_DAYS = {"": 1.0, "d": 1.0, "h": 1 / 24, "w": 7.0}


def _age(text: str) -> float:
    """Read an age as days: 30d, 12h, 2w."""
    found = _AGE.fullmatch(text.strip())
    if found is None:
        raise ArgumentTypeError(f"{text!r} is no age, such as 30d, 12h or 2w")
    return float(found[1]) * _DAYS[found[2]]


def _status(context: Context, _args: Namespace) -> Any:
    return context.workspace.answers.status()


def _clear(context: Context, args: Namespace) -> Any:
    if not args.yes:
        held = sum(
            each.answers
            for each in context.workspace.answers.status().models
            if args.model in ("", each.model)
        )
        raise UsageError(
            f"{held:,} stored answers would be deleted, and asked and paid for again.",
            hint="Give --yes to delete them.",
        )
    return context.workspace.answers.clear(args.model)


def _prune(context: Context, args: Namespace) -> Any:
    return context.workspace.answers.prune(max_age_days=args.older_than, max_answers=args.keep)


def _measure(_context: Context, args: Namespace) -> Any:
    from llmops_magics.datasets.reader import read_jsonl, refuse_large
    from llmops_magics.models.local.embedding import get_embedder
    from llmops_magics.retrieval.semantic import MOST_FALSE, THRESHOLDS, measure, read_pairs

    path = Path(args.pairs)
    if not path.is_file():
        raise UsageError(f"there is no file {args.pairs!r}.", hint="Give a JSONL file of pairs.")
    refuse_large(path)
    pairs = read_pairs(list(read_jsonl(path)), path.name)
    embedder = get_embedder()
    return measure(
        pairs,
        embedder.embed,
        source=path.name,
        embedder=embedder.name,
        most_false=MOST_FALSE if args.most_false is None else args.most_false,
        thresholds=tuple(args.threshold or THRESHOLDS),
    )


OPERATIONS: dict[str, Operation] = {
    operation.name: operation
    for operation in (
        Operation(
            name="status",
            summary="Say how many answers are stored, how large they are and what they saved.",
            example="status",
            call=_status,
        ),
        Operation(
            name="clear",
            summary="Delete stored answers: all, or those of one model.",
            example="clear --model openai/gpt-4.1-mini --yes",
            arguments=(
                argument(
                    "--model",
                    default="",
                    complete="answering-model",
                    help="endpoint/model; left out, every model's",
                ),
                argument("--yes", "-y", action="store_true", help="delete them"),
            ),
            call=_clear,
        ),
        Operation(
            name="prune",
            summary="Delete what is older, and the oldest of what is more.",
            example="prune --older-than 30d --keep 100000",
            arguments=(
                argument("--older-than", type=_age, help="an age: 30d, 12h (default: as set)"),
                argument("--keep", type=whole, help="so many answers at most (default: as set)"),
            ),
            call=_prune,
        ),
        Operation(
            name="measure-semantic",
            summary="Measure how often a semantic cache would answer wrongly, on labelled pairs.",
            example="measure-semantic pairs.jsonl",
            arguments=(
                argument(
                    "pairs", complete="path", help='JSONL: {"a": "…", "b": "…", "same": true}'
                ),
                argument("--most-false", type=float, help="the false-hit rate that may be borne"),
                argument(
                    "--threshold", type=float, action="append", help="a cosine; may be repeated"
                ),
            ),
            call=_measure,
        ),
    )
}
