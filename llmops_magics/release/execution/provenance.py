"""What else decided: the packages and the commit under which a gate ran."""

from __future__ import annotations

import platform
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from llmops_magics.record import digest

if TYPE_CHECKING:
    from llmops_magics.release.gate.result import GateDecision

MAIN_PACKAGES = (
    "chromadb",
    "ipykernel",
    "ipython",
    "llmops-magics",
    "nbclient",
    "nbconvert",
    "numpy",
    "onnxruntime",
    "openai",
    "opentelemetry-sdk",
    "pandas",
    "papermill",
    "sqlalchemy",
    "xllamacpp",
)
GIT_LIMIT_S = 10


def package_versions() -> tuple[dict[str, str], str]:
    """Return the versions of the packages that matter most, and the digest of the full list."""
    from importlib.metadata import distributions

    versions = {
        str(found.metadata["Name"]).lower().replace("_", "-"): found.version
        for found in distributions()
        if found.metadata["Name"]
    }
    main = {name: versions[name] for name in MAIN_PACKAGES if name in versions}
    return {"python": platform.python_version(), **main}, digest(versions)


def git_commit(folder: Path) -> str:
    """Return the commit checked out there, with ``-dirty`` for changed files; empty for no git."""
    commit = _git(folder, "rev-parse", "HEAD")
    if not commit:
        return ""
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return f"{commit}-dirty" if changed else commit


def _git(folder: Path, *arguments: str) -> str:
    program = shutil.which("git")
    if program is None:
        return ""
    try:
        said = subprocess.run(  # noqa: S603 -- git, with our own arguments
            [program, "--no-optional-locks", *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=GIT_LIMIT_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""  # no repository, or one that this user may not read
    return said.stdout.strip()


def decision_digests(decision: GateDecision | None) -> dict[str, str]:
    """Return the digests of what a decision was about, and its own; none without one."""
    if decision is None:
        return {}
    named = {
        "prompt": decision.prompt_digest,
        "dataset": decision.dataset_digest,
        "index": decision.index_fingerprint,
        "decision": digest(decision),
    }
    return {name: value for name, value in named.items() if value}
