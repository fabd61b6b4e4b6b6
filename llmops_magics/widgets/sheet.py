"""Rows as a CSV file that a spreadsheet opens without running anything in it.

A spreadsheet takes a cell that begins with ``=``, ``+``, ``-`` or ``@`` for a formula, and an
answer of a model may be one. Such texts get an apostrophe before them; numbers stay numbers.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from llmops_magics.views.block import plain

if TYPE_CHECKING:
    from llmops_magics.evals.run import Sample

# Also as full-width letters, and after white space, which spreadsheets drop.
_FORMULA = ("=", "+", "-", "@", "\N{FULLWIDTH EQUALS SIGN}", "\N{FULLWIDTH PLUS SIGN}",
            "\N{FULLWIDTH HYPHEN-MINUS}", "\N{FULLWIDTH COMMERCIAL AT}")  # fmt: skip
_FIXED = ("case_id", "repeat", "tags", "expected", "output", "error")
_NUMBERS = ("latency_ms", "input_tokens", "output_tokens", "cost_usd")


def to_csv(
    samples: Iterable[Sample],
    inputs: Iterable[str],
    scorers: Iterable[str],
    outputs: dict[str, str],
) -> bytes:
    """Return samples as gzip of CSV in UTF-8 with a byte order mark, one line a sample.

    ``inputs`` and ``scorers`` name their columns; ``outputs`` are the baseline's, by case.
    """
    names, scored = list(inputs), list(scorers)
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=5, mtime=0) as packed,
        io.TextIOWrapper(packed, encoding="utf-8-sig", errors="replace", newline="") as text,
    ):
        writer = csv.writer(text)
        beside = ["baseline_output"] if outputs else []
        inner = [f"input.{name}" for name in names]
        writer.writerow(map(safe_cell, [*_FIXED, *inner, *scored, *_NUMBERS, *beside]))
        for sample in samples:
            cells = _cells(sample, names, scored)
            more = [outputs.get(sample.case_id, "")] if outputs else []
            writer.writerow(map(safe_cell, [*cells, *more]))
    return buffer.getvalue()


def safe_cell(value: Any) -> Any:
    """Return a value as a cell that is no formula, whatever it holds."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        value = plain(value)
    if isinstance(value, str):
        text = value.replace("\x00", "")
        return f"'{text}" if _is_formula(text) else text
    return value


def _is_formula(text: str) -> bool:
    return text.lstrip().startswith(_FORMULA) or text[:1] in ("\t", "\r", "\n")


def _cells(sample: Sample, inputs: list[str], scorers: list[str]) -> list[Any]:
    by_name = {score.scorer: score.value for score in sample.scores}
    numbers = [sample.latency_ms, sample.input_tokens, sample.output_tokens]
    return [
        sample.case_id,
        sample.repeat,
        ", ".join(sample.tags),
        sample.expected,
        sample.output,
        sample.error,
        *(sample.inputs.get(name) for name in inputs),
        *(by_name.get(name) for name in scorers),
        *numbers,
        None if sample.cost_usd is None else float(sample.cost_usd),
    ]
