"""What is wrong with an executed notebook, read from its cells.

papermill's own status is never asked: after the death of a kernel, a timeout or an interrupt it
calls every cell completed (seen with 2.7). A cell finished when the kernel replied to it, and a
notebook is whole when each of its cells did, in order, and is the source that was checked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

INJECTED_TAG = "injected-parameters"
LONGEST_PROBLEM = 300
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def find_problems(executed: Any, source: Any, failure: str = "") -> tuple[str, ...]:
    """Return why this execution proves nothing, empty when it is whole.

    ``executed`` and ``source`` are notebooks (nbformat 4 nodes); ``failure`` is what ended the
    execution from outside (a timeout, a dead kernel), empty for nothing. Cells are numbered from
    1 as they stand in the executed notebook.
    """
    problems = [failure] if failure else []
    if not _is_same(executed, source):
        problems.append("The executed notebook does not hold the cells of its source.")
    problem = next(_cell_problems(executed), "")
    return tuple(problems + ([problem] if problem else []))


def is_finished(cell: Any) -> bool:
    """Tell whether the kernel replied to this cell."""
    return cell.get("execution_count") is not None and "shell.execute_reply" in cell.metadata.get(
        "execution", {}
    )


def _cell_problems(notebook: Any) -> Iterator[str]:
    last = 0
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        error = next((o for o in cell.outputs if o.output_type == "error"), None)
        if error is not None:
            yield _shorten(f"Cell {number} raised {error.ename}: {error.evalue}")
        elif not is_finished(cell):
            yield f"Cell {number} did not finish."
        elif cell.metadata.get("papermill", {}).get("exception"):
            yield _shorten(f"Cell {number} failed: {_last_stderr(cell)}")
        elif cell.execution_count <= last:
            yield f"Cell {number} did not run in order."
        last = cell.get("execution_count") or last


def cells_of(notebook: Any) -> tuple[tuple[str, str], ...]:
    """Return the kind and the source of each cell, the injected parameters left out."""
    own = (c for c in notebook.cells if INJECTED_TAG not in c.metadata.get("tags", []))
    return tuple((c.cell_type, c.source) for c in own)


def _is_same(executed: Any, source: Any) -> bool:
    return cells_of(executed) == tuple((c.cell_type, c.source) for c in source.cells)


def _last_stderr(cell: Any) -> str:
    """Return what stderr says last: IPython shows a ``UsageError`` there, as no error output."""
    texts = [o.text for o in cell.outputs if o.output_type == "stream" and o.name == "stderr"]
    lines = "".join(texts).strip().splitlines()
    return lines[-1] if lines else "it raised, and shows nothing."


def _shorten(text: str) -> str:
    plain = " ".join(_ANSI.sub("", text).split())
    return plain if len(plain) <= LONGEST_PROBLEM else plain[: LONGEST_PROBLEM - 1] + "…"
