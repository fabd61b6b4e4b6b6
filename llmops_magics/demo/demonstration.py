"""Run the demo: a workspace, two prompt versions, an index, and a gate for each version."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmops_magics.config.location import FILE_NAME
from llmops_magics.errors import GateRunError, UsageError
from llmops_magics.notebook import find_notebook
from llmops_magics.release.execution.process import Job, execute
from llmops_magics.release.gate.result import GateResult
from llmops_magics.workspace import Workspace, create_workspace

DATA = Path(__file__).parent / "data"
FILES = ("documents.jsonl", "cases.jsonl", "support_desk.ipynb")
PROMPT = "support/answer"
# What a model this small can be held to, and the same prompt without its article cannot.
RULES = "contains >= 0.6; groundedness >= 0.25; errors == 0"
STEPS = 6

Say = Callable[[str], None]
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, kw_only=True)
class Demonstration:
    """What the demo came to: the verdict on the good and on the careless version."""

    folder: Path
    good: GateResult
    careless: GateResult
    duration_s: float

    @property
    def as_expected(self) -> bool:
        """Whether the good version passed and the careless one failed."""
        return self.good.exit_code == 0 and self.careless.exit_code == 1


def demonstrate(folder: Path, say: Say, on_progress: Progress | None = None) -> Demonstration:
    """Run the whole of it in ``folder``; ``say`` gets one line a step.

    Raises ``UsageError`` for a folder that holds something else, ``LlmopsError`` for what fails.
    """
    started = time.monotonic()
    say(f"[1/{STEPS}] workspace in {folder}")
    workspace = _prepare(folder)
    _pull(say)
    say(f"[3/{STEPS}] support_desk.ipynb: two versions of {PROMPT}, and the index in Chroma")
    _execute(workspace, workspace.root / "support_desk.ipynb", on_progress)
    good, careless = workspace.prompts.versions(PROMPT)[-2:]
    results = []
    for step, version in ((4, good), (5, careless)):
        say(f"[{step}/{STEPS}] release gate for {version.ref} ({version.message})")
        results.append(_gate(workspace, version.ref, on_progress))
        say(f"        {_headline(results[-1])}")
    say(f"[6/{STEPS}] audit trail: {_audit(workspace)}")
    workspace.close()
    return Demonstration(
        folder=folder,
        good=results[0],
        careless=results[1],
        duration_s=time.monotonic() - started,
    )


def _prepare(folder: Path) -> Workspace:
    if not (folder / FILE_NAME).exists():
        if folder.exists() and any(folder.iterdir()):
            raise UsageError(
                f"{folder} is not empty.", hint="Name another folder: llmops demo FOLDER."
            )
        create_workspace(folder)
    for name in FILES:
        shutil.copyfile(DATA / name, folder / name)
    shutil.copyfile(find_notebook("release_gate"), folder / "release_gate.ipynb")
    return Workspace(folder.resolve())


def _pull(say: Say) -> None:
    from llmops_magics.models.local import WEIGHTS, is_present, pull

    missing = [name for name in WEIGHTS if not is_present(name)]
    if not missing:
        say(f"[2/{STEPS}] embedded models: present")
        return
    say(f"[2/{STEPS}] embedded models: fetching {', '.join(missing)} (about 115 MB)")
    pull(on_progress=lambda line: say(f"        {line}"))


def _execute(workspace: Workspace, notebook: Path, on_progress: Progress | None) -> None:
    """Execute a notebook in place, in a fresh kernel, as the gates are."""
    with tempfile.TemporaryDirectory() as temporary:
        executed = Path(temporary, notebook.name)
        ballot = Path(temporary, "ballot")
        ballot.mkdir()
        job = Job(source=str(notebook), executed=str(executed), parameters={}, cell_timeout_s=300)
        failure = execute(
            job, ballot=ballot, root=workspace.root, timeout_s=600, on_progress=on_progress
        )
        if executed.exists():
            shutil.copyfile(executed, notebook)
    if failure:
        raise GateRunError(f"{notebook} did not run to its end: {failure}.")


def _gate(workspace: Workspace, reference: str, on_progress: Progress | None) -> GateResult:
    parameters: dict[str, Any] = {
        "prompt": reference,
        "data": "cases.jsonl",
        "corpus": "mossbell",
        "rules": RULES,
    }
    notebook = workspace.root / "release_gate.ipynb"
    return workspace.gate(notebook, parameters, on_progress=on_progress)


def _headline(result: GateResult) -> str:
    if result.decision is None or result.verdict is None:
        return f"could not run: {'; '.join(result.problems)}"
    rules = "; ".join(f"{r.rule}: {r.verdict}" for r in result.decision.rules)
    return f"{result.verdict}  ({rules}; {result.duration_s:.0f} s)"


def _audit(workspace: Workspace) -> str:
    report = workspace.verify_audit()
    state = "BROKEN" if report.problems else "verifies"
    return f"{state}, {report.events} events, {report.archives} archives"
