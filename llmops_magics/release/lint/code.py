"""The code cells of a notebook as Python, with what IPython adds to it told apart."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

TIMING = frozenset({"time", "timeit", "capture", "prun"})
_HEAD = re.compile(r"%%(\w+)([^\n]*)\n?")


@dataclass(frozen=True, kw_only=True)
class CodeCell:
    """One code cell: its place among all cells from 1, its text, and its tree.

    ``tree`` is None where the text is no Python, and ``problem`` says why. Of a cell under a magic
    that only times or captures, the tree is that of its body, whose lines begin ``first`` lines
    further down.
    """

    number: int
    source: str
    tree: ast.Module | None
    problem: str = ""
    problem_line: int | None = None
    first: int = 0

    def line(self, node: ast.AST) -> int | None:
        """Return a node's line in the cell, from 1."""
        found = getattr(node, "lineno", None)
        return None if found is None else found + self.first


def code_cells(notebook: Any) -> tuple[CodeCell, ...]:
    """Return the code cells of a notebook in their order."""
    return tuple(
        _parsed(number, str(cell.source))
        for number, cell in enumerate(notebook.cells, start=1)
        if cell.cell_type == "code" and cell.source.strip()
    )


def calls(cell: CodeCell) -> Iterator[tuple[str, ast.Call]]:
    """Yield each call of a cell with the dotted name that is called, where it has one."""
    if cell.tree is None:
        return
    for node in ast.walk(cell.tree):
        if isinstance(node, ast.Call) and (name := dotted(node.func)):
            yield name, node


def dotted(node: ast.AST) -> str:
    """Return ``a.b.c`` for such an expression, else an empty text."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return ""


def imported_names(cells: tuple[CodeCell, ...]) -> dict[str, str]:
    """Return what each name stands for that an import of the notebook binds: np -> numpy."""
    found: dict[str, str] = {}
    for cell in cells:
        for node in ast.walk(cell.tree) if cell.tree else ():
            if isinstance(node, ast.Import):
                found |= {a.asname or a.name.partition(".")[0]: a.name for a in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
    return found


def _parsed(number: int, source: str) -> CodeCell:
    from IPython.core.inputtransformer2 import TransformerManager

    head = _HEAD.match(source)
    is_timed = head is not None and head[1] in TIMING
    body = source[head.end() :] if head is not None and is_timed else source
    first = 1 if is_timed else 0
    try:
        tree = ast.parse(TransformerManager().transform_cell(body))
    except SyntaxError as error:
        line = None if error.lineno is None else error.lineno + first
        return CodeCell(
            number=number, source=source, tree=None, problem=str(error.msg), problem_line=line
        )
    except (ValueError, RecursionError, MemoryError) as error:
        problem = str(error) or "it is nested too deeply"
        return CodeCell(number=number, source=source, tree=None, problem=problem)
    return CodeCell(number=number, source=source, tree=tree, first=first)
