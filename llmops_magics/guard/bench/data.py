"""Labelled texts for a bench, from a JSONL file: each attack or harmless, or with its spans.

A row has ``text``, and ``label`` (``injection``, ``benign``, 1, 0, true …) or ``spans`` (a list of
``start``, ``end`` and ``type``), which decide where there are both. ``source``,
``category`` and ``variant`` are groups that results are told apart by. Size and count are bounded.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from llmops_magics.errors import UsageError
from llmops_magics.record import digest_bytes

MAX_BYTES: Final = 200_000_000
MAX_ROWS: Final = 200_000
GROUPS: Final = ("source", "category", "variant")
HARMLESS: Final = frozenset(
    {"0", "false", "benign", "safe", "clean", "no", "none", "negative", "harmless", "ham"}
)
DANGEROUS: Final = frozenset(
    {"1", "true", "injection", "jailbreak", "attack", "malicious", "unsafe", "toxic", "yes"}
    | {"positive", "harmful", "indirect", "secret", "spam"}
)


@dataclass(frozen=True, kw_only=True)
class GoldSpan:
    """What should be found in a text: ``start`` to ``end`` in characters."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, kw_only=True)
class LabelledText:
    """One row: ``is_positive`` tells whether something should be found in it."""

    text: str
    is_positive: bool
    spans: tuple[GoldSpan, ...]
    groups: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class LabelledData:
    """The rows of a file; ``has_spans`` tells that results are counted by span."""

    name: str
    digest: str
    rows: tuple[LabelledText, ...]
    has_spans: bool

    @property
    def positives(self) -> int:
        """How many texts something should be found in."""
        return sum(row.is_positive for row in self.rows)


def read_labelled(path: Path, *, positive: Sequence[str] = (), limit: int = 0) -> LabelledData:
    """Read a JSONL file; ``positive`` are labels that count as dangerous beside the usual ones.

    ``limit`` takes every n-th row, so that about so many remain. Raises ``UsageError``, naming the
    line, for what cannot be read.
    """
    content = _content(path)
    lines = [each for each in enumerate(content.split(b"\n"), start=1) if each[1].strip()]
    if len(lines) > MAX_ROWS:
        raise UsageError(f"{path} has {len(lines):,} rows; a bench takes {MAX_ROWS:,} at most.")
    if limit:
        lines = lines[:: max(1, len(lines) // limit)][:limit]
    more = frozenset(label.strip().lower() for label in positive)
    rows = tuple(_row(path, number, line, more) for number, line in lines)
    if not rows:
        raise UsageError(f"{path} has no rows.")
    return LabelledData(
        name=path.name,
        digest=digest_bytes(content),
        rows=rows,
        has_spans=any(row.spans for row in rows),
    )


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
    if len(content) > MAX_BYTES:
        raise UsageError(f"{path} is over {MAX_BYTES // 10**6} MB.")
    return content


def _row(path: Path, number: int, line: bytes, positive: frozenset[str]) -> LabelledText:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        raise UsageError(f"{path}, line {number} holds no JSON.") from None
    if not isinstance(row, dict) or not isinstance(row.get("text"), str):
        raise UsageError(f"{path}, line {number} has no text.", hint='Write {"text": …} a line.')
    try:
        spans = tuple(_span(each, len(row["text"])) for each in row.get("spans") or ())
    except (KeyError, TypeError, ValueError):
        raise UsageError(
            f"{path}, line {number} has a span that is none.", hint="It has start, end and type."
        ) from None
    if row.get("label") is None and row.get("spans") is None:
        raise UsageError(f"{path}, line {number} has neither label nor spans.")
    if row.get("spans") is None:
        is_positive = _is_positive(path, number, row["label"], positive)
    else:
        is_positive = bool(spans)
    groups = {name: str(row[name])[:80] for name in GROUPS if row.get(name) not in (None, "")}
    return LabelledText(text=row["text"], is_positive=is_positive, spans=spans, groups=groups)


def _span(span: Any, length: int) -> GoldSpan:
    start, end = int(span["start"]), int(span["end"])
    if not 0 <= start < end <= length:
        raise ValueError(f"{start} to {end} is no part of the text")
    return GoldSpan(start=start, end=end, kind=str(span.get("type", "span"))[:80])


def _is_positive(path: Path, number: int, label: Any, positive: frozenset[str]) -> bool:
    word = str(label).strip().lower()
    if word in positive or (word in DANGEROUS and not positive):
        return True
    if word in HARMLESS or positive:
        return False
    raise UsageError(
        f"{path}, line {number}: nobody knows whether the label {word[:40]!r} is dangerous.",
        hint="Name the dangerous ones with --positive.",
    )
