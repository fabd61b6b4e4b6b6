"""Check a gold notebook without executing it: everything that would make its verdict worth less."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from llmops_magics.errors import GateUsageError
from llmops_magics.release.execution.gate_call import count_gate_calls
from llmops_magics.release.execution.source import (
    REFUSED_TAGS,
    check_source,
    read_content,
    read_notebook,
)
from llmops_magics.release.lint.chance import find_chance
from llmops_magics.release.lint.code import CodeCell, code_cells
from llmops_magics.release.lint.hidden_state import find_disorder, find_hidden_state
from llmops_magics.release.lint.place import find_absolute_paths, find_kept_outputs, find_secrets
from llmops_magics.release.lint.record import ERROR, WARNING, GateLint, LintFinding

_DESCRIBED = re.compile(r"^\s*\w+\s*(?::[^=]+)?=.*#\s*(?:type:\s*[\w\[\], |.]+;\s*)?\S")
_ASSIGNMENT = re.compile(r"^\w+\s*(?::[^=]+)?=(?!=)")


def lint_notebook(path: Path) -> GateLint:
    """Return what is wrong with a notebook; what is no notebook at all has that as its finding."""
    try:
        notebook = read_notebook(path, read_content(path))
    except GateUsageError as error:
        found = (LintFinding(rule="refused", severity=ERROR, message=str(error)),)
        return GateLint(notebook=path.name, cells=0, findings=found)
    findings = sorted(_findings(notebook, path), key=_order)
    return GateLint(notebook=path.name, cells=len(notebook.cells), findings=tuple(findings))


def _findings(notebook: Any, path: Path) -> Iterator[LintFinding]:
    cells = code_cells(notebook)
    named = [*_syntax(cells), *_tags(notebook), *_gate_calls(cells)]
    yield from named
    if not named:  # whatever else a gate refuses
        yield from _refused(path)
    yield from find_hidden_state(cells)
    yield from find_disorder(notebook.cells)
    yield from find_absolute_paths(cells)
    yield from find_secrets(notebook)
    yield from find_kept_outputs(notebook, path)
    yield from find_chance(cells)
    yield from _undescribed(notebook)


def _order(finding: LintFinding) -> tuple[bool, int, int, str]:
    return (finding.severity != ERROR, finding.cell or 0, finding.line or 0, finding.rule)


def _syntax(cells: Sequence[CodeCell]) -> Iterator[LintFinding]:
    for cell in cells:
        if cell.tree is None:
            yield LintFinding(
                rule="syntax",
                severity=ERROR,
                message=f"It is not valid Python: {cell.problem}.",
                cell=cell.number,
                line=cell.problem_line,
            )


def _tags(notebook: Any) -> Iterator[LintFinding]:
    for number, cell in enumerate(notebook.cells, start=1):
        for tag in cell.metadata.get("tags", []):
            if tag in REFUSED_TAGS:
                message = f"The tag {tag!r} {REFUSED_TAGS[tag]}."
                yield LintFinding(rule="tag", severity=ERROR, message=message, cell=number)


def _gate_calls(cells: Sequence[CodeCell]) -> Iterator[LintFinding]:
    trees = [cell.tree for cell in cells if cell.tree is not None]
    count = count_gate_calls(trees)
    if count == 1:
        return
    said = "There is no gate call" if count == 0 else f"There are {count} gate calls"
    yield LintFinding(
        rule="gate-call",
        severity=ERROR,
        message=f"{said}: the last step calls llmops_magics.gate(...) once.",
    )


def _refused(path: Path) -> Iterator[LintFinding]:
    try:
        check_source(path, {})
    except GateUsageError as error:
        yield LintFinding(rule="refused", severity=ERROR, message=str(error))


def _undescribed(notebook: Any) -> Iterator[LintFinding]:
    """Yield the parameters that nobody explains to who has to set them."""
    for number, cell in enumerate(notebook.cells, start=1):
        if "parameters" not in cell.metadata.get("tags", []) or cell.cell_type != "code":
            continue
        for line, text in enumerate(cell.source.splitlines(), start=1):
            if _ASSIGNMENT.match(text) and not _DESCRIBED.match(text):
                name = re.split(r"[\s:=]", text, maxsplit=1)[0]
                yield LintFinding(
                    rule="parameter",
                    severity=WARNING,
                    message=f"{name!r} is not described: write '# type: str; what it is' after it.",
                    cell=number,
                    line=line,
                )
