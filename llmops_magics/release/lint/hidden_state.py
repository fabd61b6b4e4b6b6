"""Names that a cell uses and no cell before it defines: what works only in a long-lived kernel.

Cells run once, from the top. A name that a later cell defines was there when somebody tried the
cells in another order, and is not there in a gate.
"""

from __future__ import annotations

import ast
import builtins
import symtable
from collections.abc import Iterator, Sequence

from llmops_magics.release.lint.code import CodeCell
from llmops_magics.release.lint.record import ERROR, WARNING, LintFinding

OF_THE_SHELL = frozenset(
    {"get_ipython", "display", "In", "Out", "exit", "quit", "_", "__", "___", "_ih", "_oh", "_dh"}
)
KNOWN = frozenset(dir(builtins)) | OF_THE_SHELL | {"__name__", "__file__", "__doc__"}
_AT_ONCE = frozenset({"listcomp", "setcomp", "dictcomp", "genexpr"})
_SIMPLE = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr, ast.Delete, ast.Assert, ast.Return)


def find_hidden_state(cells: Sequence[CodeCell]) -> Iterator[LintFinding]:
    """Yield a finding for each name that is used before it is there; one a name."""
    if any(_imports_all(cell) for cell in cells) or any(cell.tree is None for cell in cells):
        return  # what is defined cannot be known
    places = _definitions(cells)
    defined, said = set(KNOWN), set[str]()
    for cell in cells:
        for statement in cell.tree.body if cell.tree else ():
            now, later, assigned = _names(statement)
            here = defined if isinstance(statement, _SIMPLE) else defined | assigned
            missing = (now - here) | (later - places.keys() - KNOWN)
            for name in sorted(missing - said):
                said.add(name)
                yield _finding(name, cell, statement, places)
            defined |= assigned


def find_disorder(notebook_cells: Sequence[object]) -> Iterator[LintFinding]:
    """Yield a finding where the numbers kept in the file say that cells ran out of order."""
    last = 0
    for number, cell in enumerate(notebook_cells, start=1):
        count = getattr(cell, "execution_count", None)
        if count is None:
            continue
        if count <= last:
            yield LintFinding(
                rule="execution-order",
                severity=WARNING,
                message=f"It was last run as number {count}, after number {last} above it: what it "
                "showed may not be what it shows from the top.",
                cell=number,
            )
            return
        last = count


def _finding(name: str, cell: CodeCell, statement: ast.stmt, places: dict[str, int]) -> LintFinding:
    later = places.get(name)
    where = f"cell {later} defines it" if later else "no cell defines it"
    node = next(
        (n for n in ast.walk(statement) if isinstance(n, ast.Name) and n.id == name), statement
    )
    return LintFinding(
        rule="hidden-state",
        severity=ERROR,
        message=f"{name!r} is used before it is there: {where}.",
        cell=cell.number,
        line=cell.line(node),
    )


def _definitions(cells: Sequence[CodeCell]) -> dict[str, int]:
    """Return the first cell that defines each name."""
    places: dict[str, int] = {}
    for cell in cells:
        for statement in cell.tree.body if cell.tree else ():
            for name in _names(statement)[2]:
                places.setdefault(name, cell.number)
    return places


def _names(statement: ast.stmt) -> tuple[set[str], set[str], set[str]]:
    """Return the names used when it runs, those its functions use when called, those it defines."""
    table = symtable.symtable(ast.unparse(statement), "cell", "exec")
    now: set[str] = set()
    later: set[str] = set()
    assigned = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()}
    now |= {s.get_name() for s in table.get_symbols() if s.is_referenced()}
    _nested(table, now, later, at_once=True)
    return now, later, assigned


def _nested(table: symtable.SymbolTable, now: set[str], later: set[str], *, at_once: bool) -> None:
    for child in table.get_children():
        runs_now = at_once and (child.get_name() in _AT_ONCE or child.get_type() == "class")
        used = {s.get_name() for s in child.get_symbols() if s.is_global() and s.is_referenced()}
        (now if runs_now else later).update(used)
        _nested(child, now, later, at_once=runs_now)


def _imports_all(cell: CodeCell) -> bool:
    nodes = ast.walk(cell.tree) if cell.tree else ()
    return any(isinstance(n, ast.ImportFrom) and n.names[0].name == "*" for n in nodes)
