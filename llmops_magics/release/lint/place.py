"""What ties a notebook to one machine, or gives away what must not be in it."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from llmops_magics.release.lint.code import CodeCell
from llmops_magics.release.lint.record import ERROR, LintFinding

GIT_LIMIT_S = 10
_ROOTS = (
    "home|Users|root|tmp|var|etc|opt|mnt|media|srv|data|private|Volumes|workspaces?|work|content"
    "|dbfs|usr|scratch"
)
_ABSOLUTE = re.compile(
    rf"(?:(?<=[\s\"'=(,:])|^)(?:file://)?(?:/(?:{_ROOTS})/[\w.-]|~[\w-]*/[\w.-]|[A-Za-z]:\\{{1,2}}\w)"
)
_CELL = re.compile(r"cell (\d+)")


def find_absolute_paths(cells: Sequence[CodeCell]) -> Iterator[LintFinding]:
    """Yield the lines that name a place of one machine; comments name nothing."""
    for cell in cells:
        for number, line in enumerate(cell.source.splitlines(), start=1):
            if not line.lstrip().startswith("#") and _ABSOLUTE.search(line):
                yield LintFinding(
                    rule="absolute-path",
                    severity=ERROR,
                    message="It names a place of one machine: use a path from the workspace, or a "
                    "parameter.",
                    cell=cell.number,
                    line=number,
                )


def find_secrets(notebook: Any) -> Iterator[LintFinding]:
    """Yield the places where a credential stands, in sources, outputs and metadata."""
    from llmops_magics.guard.survey.notebook import pieces_of
    from llmops_magics.guard.survey.survey import Plan, survey

    pieces, _ = pieces_of(notebook)
    report = survey(
        pieces,
        Plan(specs=("secrets",), is_explicit=True),
        target="notebook",
        target_kind="notebook",
    )
    for source in report.sources:
        found = _CELL.match(source.name)
        for sighting in source.findings:
            yield LintFinding(
                rule="secret",
                severity=ERROR,
                message=f"{sighting.message} ({source.name}).",
                cell=int(found[1]) if found else None,
                line=sighting.line if source.name.endswith(", source") else None,
            )


def find_kept_outputs(notebook: Any, path: Path) -> Iterator[LintFinding]:
    """Yield a finding where git keeps the outputs of a notebook, which is source."""
    number = next(
        (n for n, cell in enumerate(notebook.cells, start=1) if cell.get("outputs")), None
    )
    if number is not None and is_tracked(path):
        yield LintFinding(
            rule="outputs-in-git",
            severity=ERROR,
            message="Git keeps its outputs: they may hold personal data, and look like a record. "
            "Clear them before the commit.",
            cell=number,
        )


def is_tracked(path: Path) -> bool:
    """Tell whether git follows a file; False where there is no git."""
    program = shutil.which("git")
    if program is None:
        return False
    try:
        said = subprocess.run(  # noqa: S603 -- git, with our own arguments
            [program, "--no-optional-locks", "ls-files", "--error-unmatch", "--", path.name],
            cwd=path.resolve().parent,
            capture_output=True,
            timeout=GIT_LIMIT_S,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return said.returncode == 0
