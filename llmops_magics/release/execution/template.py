"""A gold notebook of one's own, written from one of ours; and the source of one that was executed.

A new gate is a copy whose parameters have other defaults, so what was learnt about a plan, its
checks and its verdict goes into it. Nothing is overwritten.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from llmops_magics.errors import GateUsageError
from llmops_magics.record import Record, digest_bytes
from llmops_magics.release.execution.judgement import INJECTED_TAG
from llmops_magics.release.execution.source import check_source, read_content, read_notebook

TEMPLATES = {
    "release": "release_gate",
    "retrieval": "retrieval_gate",
    "security": "security_gate",
    "cost": "cost_gate",
    "sentinel": "drift_sentinel",
}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")


@dataclass(frozen=True, kw_only=True)
class GateFile(Record):
    """A gold notebook that was written: where, from what, and the defaults of its parameters."""

    kind: ClassVar[str] = "gate-file"

    name: str
    path: str
    template: str
    digest: str
    parameters: dict[str, Any] = field(default_factory=dict)


def write_gate(folder: Path, name: str, source: Path, parameters: Mapping[str, Any]) -> GateFile:
    """Write ``folder/name.ipynb`` from the gold notebook ``source`` with other defaults.

    Raises ``GateUsageError`` for a name that is none, parameters that the template does not have,
    and where there is a file of that name.
    """
    import nbformat

    stem = name.removesuffix(".ipynb")
    if not _NAME.fullmatch(stem):
        raise GateUsageError(
            f"{name!r} is no name for a gate.", hint="Use letters, digits, _ and -."
        )
    checked = check_source(source, parameters)
    notebook = checked.node()
    _set_title(notebook, stem)
    _set_defaults(notebook, parameters)
    text = nbformat.writes(notebook) + "\n"
    path = folder / f"{stem}.ipynb"
    _write_new(path, text)
    return GateFile(
        name=stem,
        path=str(path),
        template=source.stem,
        digest=digest_bytes(text.encode()),
        parameters=check_source(path, {}).defaults,
    )


def source_of(dossier: Path, stem: str, target: Path) -> Path:
    """Write the notebook that a dossier executed, as it was before, into a folder; return it."""
    import nbformat

    executed = dossier / f"{stem}.ipynb"
    notebook = read_notebook(executed, read_content(executed))
    notebook.cells = [c for c in notebook.cells if INJECTED_TAG not in c.metadata.get("tags", [])]
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    for name in ("papermill", "llmops_gate"):
        notebook.metadata.pop(name, None)
    path = target / f"{stem}.ipynb"
    nbformat.write(notebook, path)
    return path


def parameters_of(dossier: Path, stem: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return every parameter with which a dossier's notebook ran, the defaults among them."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        source = check_source(source_of(dossier, stem, Path(folder)), {})
    return {**source.defaults, **given}


def _write_new(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise GateUsageError(f"There is {path} already.", hint="Choose another name.") from None
    except OSError as error:
        raise GateUsageError(f"{path} cannot be written: {error.strerror}.") from error


def _set_title(notebook: Any, stem: str) -> None:
    """Put the gate's own name into the first heading."""
    first = notebook.cells[0]
    if first.cell_type == "markdown":
        _, _, rest = first.source.partition("\n")
        title = stem.replace("_", " ").replace("-", " ")
        first.source = f"# {title[:1].upper()}{title[1:]}\n{rest}"


def _set_defaults(notebook: Any, parameters: Mapping[str, Any]) -> None:
    """Replace the values of the parameters, and leave types and descriptions as they are."""
    cell = next(c for c in notebook.cells if "parameters" in c.metadata.get("tags", []))
    lines = cell.source.split("\n")
    for statement in reversed(ast.parse(cell.source).body):
        target = _assigned(statement)
        value = getattr(statement, "value", None)
        if target not in parameters or value is None or value.end_lineno != value.lineno:
            continue
        line = lines[value.lineno - 1].encode()
        new = _literal(parameters[target])
        ends = line[: value.col_offset], line[value.end_col_offset :]
        lines[value.lineno - 1] = (ends[0] + new.encode() + ends[1]).decode()
    cell.source = "\n".join(lines)


def _assigned(statement: ast.stmt) -> str:
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
        return statement.targets[0].id
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return statement.target.id
    return ""


def _literal(value: Any) -> str:
    """Return a value as code; text in double quotes, as the rest of the notebook has it."""
    written = repr(value)
    if isinstance(value, str) and written[0] == "'" and '"' not in value:
        return f'"{written[1:-1]}"'
    return written
