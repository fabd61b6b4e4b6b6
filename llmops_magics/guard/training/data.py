"""Labelled texts from a file of JSON lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from llmops_magics.errors import DetectorError
from llmops_magics.guard.training.example import Example

ATTACK: Final = frozenset({"injection", "attack", "1", "true"})
MAX_BYTES: Final = 200_000_000
BENIGN: Final = frozenset({"benign", "harmless", "0", "false"})


def read_examples(path: Path) -> list[Example]:
    """Read lines with ``text`` and ``label``, and ``source`` and ``category`` where they are there.

    ``label`` is ``injection`` or ``benign``. Without a source a line's own is the file's name;
    what is held out then says little.
    """
    lines = _content(path).split("\n")  # a text may hold other line ends
    return [_example(line, number, path) for number, line in enumerate(lines, 1) if line.strip()]


def _content(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise DetectorError(f"{path} cannot be read: {error.strerror}.") from error
    if len(content) > MAX_BYTES:
        raise DetectorError(f"{path} is over {MAX_BYTES // 10**6} MB.")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise DetectorError(f"{path} is no text in UTF-8.") from None


def _example(line: str, number: int, path: Path) -> Example:
    try:
        row: dict[str, Any] = json.loads(line)
        label = str(row["label"]).lower()
        text = str(row["text"])
    except (ValueError, KeyError, TypeError) as error:
        raise DetectorError(
            f'{path}, line {number}: no JSON object with "text" and "label".'
        ) from error
    if label not in ATTACK | BENIGN:
        raise DetectorError(
            f"{path}, line {number}: unknown label {label!r}.", hint="injection or benign."
        )
    return Example(
        text=text,
        is_attack=label in ATTACK,
        source=str(row.get("source") or path.name),
        category=str(row.get("category") or ""),
    )
