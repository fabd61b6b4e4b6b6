"""What a gold notebook asks, and what it has to be told: its title, its words, its parameters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from llmops_magics.record import Record
from llmops_magics.release.execution.parameter import UNKNOWN
from llmops_magics.release.execution.source import check_source

_COMMENT = re.compile(r"#\s*(?:type:\s*(?P<type>[^;]*?)\s*;)?\s*(?P<words>.*)$")


@dataclass(frozen=True, kw_only=True)
class GateParameter:
    """One parameter: its type as it is written, its default (None: computed), what it means."""

    name: str
    type: str
    default: Any
    words: str


@dataclass(frozen=True, kw_only=True)
class GateDescription:
    """One gold notebook."""

    name: str
    title: str
    question: str  # the first paragraph
    parameters: tuple[GateParameter, ...]


@dataclass(frozen=True, kw_only=True)
class GateList(Record):
    """Gold notebooks, as they describe themselves."""

    kind: ClassVar[str] = "gate-list"

    gates: tuple[GateDescription, ...]


def describe(paths: Sequence[Path]) -> GateList:
    """Return how notebooks describe themselves; ``GateUsageError`` for what is no gold one."""
    return GateList(gates=tuple(_describe(path) for path in paths))


def _describe(path: Path) -> GateDescription:
    source = check_source(path, {})
    notebook = source.node()
    first = next((str(c.source) for c in notebook.cells if c.cell_type == "markdown"), "")
    title, _, rest = first.partition("\n")
    paragraphs = [part.strip() for part in rest.split("\n\n") if part.strip()]
    cell = next(c for c in notebook.cells if "parameters" in c.metadata.get("tags", []))
    return GateDescription(
        name=path.stem,
        title=title.lstrip("# ").strip() or path.stem,
        question=paragraphs[0].replace("**", "") if paragraphs else "",
        parameters=tuple(
            _parameter(name, default, str(cell.source)) for name, default in source.defaults.items()
        ),
    )


def _parameter(name: str, default: Any, source: str) -> GateParameter:
    """Read ``name = default  # type: T; words`` as papermill does."""
    line = next((t for t in source.splitlines() if re.match(rf"{re.escape(name)}\b", t)), "")
    found = _COMMENT.search(line.rpartition("  #")[1] + line.rpartition("  #")[2])
    is_known = default is not UNKNOWN
    kind = (found["type"] or "") if found else ""
    return GateParameter(
        name=name,
        type=kind or (type(default).__name__ if is_known else ""),
        default=default if is_known else None,
        words=found["words"].strip() if found else "",
    )
