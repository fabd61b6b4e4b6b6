"""The gold notebook before it runs: whether it may be believed, and the parameters fit it.

Whatever would let a notebook pass without its check is refused here, before a kernel starts:
tags that skip cells or forgive errors, no or several ``parameters`` cells, parameters that the
notebook does not have, and no or several gate calls.
"""

from __future__ import annotations

import ast
import keyword
import os
import stat
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmops_magics.errors import GateUsageError
from llmops_magics.record import digest_bytes
from llmops_magics.release.execution.gate_call import count_gate_calls
from llmops_magics.release.execution.parameter import UNKNOWN, check_value

MAX_NOTEBOOK_BYTES = 64 * 1024 * 1024
REFUSED_TAGS = {
    "skip-execution": "would leave a cell out",
    "raises-exception": "would forgive an error",
    "injected-parameters": "is what an earlier execution left: start from the source notebook",
    "papermill-error-cell-tag": "is what an earlier execution left: start from the source notebook",
}


@dataclass(frozen=True, kw_only=True)
class SourceNotebook:
    """A gold notebook that was read once and checked; exactly these bytes are executed."""

    path: Path
    content: bytes
    digest: str
    parameters: dict[str, Any]  # those given, checked
    defaults: dict[str, Any]  # those of the notebook; UNKNOWN for what is no literal

    @property
    def stem(self) -> str:
        """Return the notebook's name without its ending."""
        return self.path.stem

    def node(self) -> Any:
        """Return a fresh nbformat 4 notebook of the content."""
        return read_notebook(self.path, self.content)


def check_source(path: str | Path, parameters: Mapping[str, Any]) -> SourceNotebook:
    """Read and check a gold notebook; ``GateUsageError`` for whatever a gate cannot trust."""
    path = Path(path)
    content = read_content(path)
    notebook = read_notebook(path, content)
    _check_language(notebook)
    _check_tags(notebook)
    codes = _python_cells(notebook)
    defaults = _defaults(codes[_parameters_index(notebook)])
    _check_parameters(parameters, defaults)
    _check_gate_calls(count_gate_calls(codes.values()))
    return SourceNotebook(
        path=path,
        content=content,
        digest=digest_bytes(content),
        parameters=dict(parameters),
        defaults=defaults,
    )


def read_content(path: Path) -> bytes:
    """Return a regular file's content: a pipe would wait for ever, and a device never end."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb") as stream:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise GateUsageError(f"The notebook {path} is no regular file.")
            content = stream.read(MAX_NOTEBOOK_BYTES + 1)
    except OSError as error:
        raise GateUsageError(f"The notebook {path} cannot be read: {error.strerror}.") from error
    if len(content) > MAX_NOTEBOOK_BYTES:
        raise GateUsageError(
            f"The notebook {path} has over {MAX_NOTEBOOK_BYTES >> 20} MB.",
            hint="A gold notebook is source: clear its outputs.",
        )
    return content


def read_notebook(path: Path, content: bytes) -> Any:
    """Return a notebook as an nbformat 4 node; ``GateUsageError`` for what is none."""
    import nbformat

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # cells without ids, which old notebooks have
            notebook = nbformat.reads(content.decode("utf-8"), as_version=4)
            nbformat.validate(notebook)
    except Exception as error:
        lines = str(error).strip().splitlines()
        raise GateUsageError(
            f"{path} is not a notebook: {lines[0] if lines else type(error).__name__}",
            hint="A gate executes a Jupyter notebook (.ipynb).",
        ) from error
    return notebook


def _check_language(notebook: Any) -> None:
    metadata = notebook.metadata
    language = metadata.get("kernelspec", {}).get("language") or metadata.get(
        "language_info", {}
    ).get("name", "python")
    if language != "python":
        raise GateUsageError(
            f"The notebook is written in {language!r}.",
            hint="A gate runs Python notebooks, in the Python that runs the gate.",
        )


def _check_tags(notebook: Any) -> None:
    for number, cell in enumerate(notebook.cells, start=1):
        for tag in cell.metadata.get("tags", []):
            if tag in REFUSED_TAGS:
                raise GateUsageError(f"Cell {number}: the tag {tag!r} {REFUSED_TAGS[tag]}.")


def _python_cells(notebook: Any) -> dict[int, ast.Module]:
    """Parse each code cell as IPython would run it, by its index."""
    from IPython.core.inputtransformer2 import TransformerManager

    codes = {}
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        try:
            codes[index] = ast.parse(TransformerManager().transform_cell(cell.source))
        except (SyntaxError, ValueError) as error:
            raise GateUsageError(f"Cell {index + 1} is not valid Python: {error}.") from error
        except (RecursionError, MemoryError):
            raise GateUsageError(f"Cell {index + 1} is nested too deeply.") from None
    return codes


def _parameters_index(notebook: Any) -> int:
    tagged = [
        index
        for index, cell in enumerate(notebook.cells)
        if "parameters" in cell.metadata.get("tags", []) and cell.cell_type == "code"
    ]
    if len(tagged) != 1:
        raise GateUsageError(
            f"The notebook has {len(tagged) or 'no'} cells tagged 'parameters'.",
            hint="A gold notebook has exactly one: a cell that assigns each parameter's default.",
        )
    return tagged[0]


def _defaults(code: ast.Module) -> dict[str, Any]:
    """Return what the parameters cell assigns at its top level."""
    defaults = {}
    for statement in code.body:
        targets = (
            statement.targets
            if isinstance(statement, ast.Assign)
            else [statement.target]
            if isinstance(statement, ast.AnnAssign) and statement.value is not None
            else []
        )
        for target in targets:
            if isinstance(target, ast.Name):
                defaults[target.id] = _literal(getattr(statement, "value", None))
    return defaults


def _literal(value: ast.expr | None) -> Any:
    try:
        return UNKNOWN if value is None else ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError):
        return UNKNOWN


def _check_parameters(parameters: Mapping[str, Any], defaults: Mapping[str, Any]) -> None:
    known = ", ".join(defaults) or "none"
    for name, value in parameters.items():
        # papermill writes the name into a cell as code, so nothing but a name may pass
        if not name.isidentifier() or keyword.iskeyword(name):
            raise GateUsageError(f"{name!r} is no parameter name.", hint=f"There are: {known}.")
        if name not in defaults:
            raise GateUsageError(
                f"The notebook has no parameter {name!r}.", hint=f"It has: {known}."
            )
        check_value(name, value, defaults[name])


def _check_gate_calls(count: int) -> None:
    if count == 0:
        raise GateUsageError(
            "There is no gate call in the notebook.",
            hint="Its last step calls llmops_magics.gate(run, rules=[...]), outside any %% magic.",
        )
    if count > 1:
        raise GateUsageError(
            f"There are {count} gate calls in the notebook.",
            hint="Give all rules to one llmops_magics.gate(...).",
        )
