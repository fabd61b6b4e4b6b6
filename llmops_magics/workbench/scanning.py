"""Look for attacks, leaks and secrets in anything there is: ``workspace.scans``.

What ``%%guard``, ``%guard scan`` and ``llmops guard scan`` call. A word that names nothing is
refused: a file whose name was misspelt must never look like one in which nothing was found.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmops_magics.errors import DatasetError, LlmopsError, RetrievalError, UsageError
from llmops_magics.guard.detector import BOUNDARIES, Context
from llmops_magics.guard.registry import DEFAULT
from llmops_magics.guard.survey.piece import Unread
from llmops_magics.guard.survey.survey import Plan, Progress, survey
from llmops_magics.workbench import scan_target
from llmops_magics.workbench.scan_target import Target

if TYPE_CHECKING:
    from llmops_magics.config.settings import Settings
    from llmops_magics.evals.run import EvalRun
    from llmops_magics.guard.catalogue import DetectorList
    from llmops_magics.guard.detector import Boundary
    from llmops_magics.guard.survey.report import ScanReport
    from llmops_magics.storage.store import Store
    from llmops_magics.workbench.corpora import Corpora
    from llmops_magics.workbench.datasets import Datasets
    from llmops_magics.workbench.prompts import Prompts

_PREFIXES = ("text", "file", "notebook", "folder", "dataset", "corpus", "run")


@dataclass(frozen=True, kw_only=True)
class Sources:
    """What a workspace has that can be scanned; each part is made when it is first asked for."""

    root: Path
    store: Callable[[], Store]
    datasets: Callable[[], Datasets]
    corpora: Callable[[], Corpora]
    prompts: Callable[[], Prompts]
    run: Callable[[str], EvalRun]


class Scans:
    """Scans texts, variables, datasets, runs, corpora, notebooks, files and folders."""

    def __init__(self, sources: Sources, settings: Callable[[], Settings]) -> None:
        self._sources = sources
        self._settings = settings

    def scan(
        self,
        *targets: Any,
        detectors: Sequence[str] = (),
        boundary: Boundary | None = None,
        system_prompt: str = "",
        canaries: Sequence[str] = (),
        allowed_hosts: Sequence[str] = (),
        names: Sequence[str] = (),
        on_progress: Progress | None = None,
    ) -> ScanReport:
        """Scan targets and return one report.

        A target is a path, the reference of a dataset or corpus, the id of a run, a text (one that
        holds white space, or ``text:…``), or any value: a table, a list, a record. ``dataset:NAME``
        and the like say which is meant. ``detectors`` are specs, left out those of the settings;
        ``boundary`` is held for that of every text. ``names`` are what values are called.

        Raises ``UsageError`` for what names nothing. A detector that cannot look is in the report.
        """
        if not targets:
            raise UsageError("There is nothing to scan.", hint="Give a path, a name or a text.")
        if boundary is not None and boundary not in BOUNDARIES:
            raise UsageError(
                f"there is no boundary {boundary!r}.", hint=f"There are: {', '.join(BOUNDARIES)}."
            )
        called = [*names, *("" for _ in targets[len(names) :])]
        whole = scan_target.joined(
            [self._target(each, name) for each, name in zip(targets, called, strict=True)]
        )
        guard = self._settings().guard
        context = Context(
            system_prompt=system_prompt or whole.system_prompt,
            canaries=(*canaries, *_planted(guard.canaries_env)),
            allowed_hosts=(*allowed_hosts, *guard.allowed_hosts),
        )
        plan = Plan(
            specs=tuple(dict.fromkeys(detectors or guard.detectors or DEFAULT)),
            is_explicit=bool(detectors),
            boundary=boundary,
            context=context,
        )
        return survey(
            whole.pieces,
            plan,
            target=whole.name,
            target_kind=whole.kind,
            unread=[*whole.unread, *_unknown_canaries(guard.canaries_env)],
            on_progress=on_progress,
        )

    def names(self, word: str) -> bool:
        """Tell whether a word names something that can be scanned."""
        return self._named(word) is not None

    def detectors(self) -> DetectorList:
        """Return every detector there is, its version, and whether it can be loaded."""
        from llmops_magics.guard.catalogue import list_detectors

        chosen = self._settings().guard.detectors
        return list_detectors(chosen or DEFAULT)

    def _target(self, target: Any, name: str) -> Target:
        from llmops_magics.datasets.dataset import DatasetVersion
        from llmops_magics.evals.run import EvalRun

        if isinstance(target, Path):
            return self._path(str(target))
        if isinstance(target, EvalRun):
            return self._run(target)
        if isinstance(target, DatasetVersion):
            return scan_target.cases_target(name or target.name, target.cases)
        if not isinstance(target, str):
            return scan_target.value_target(name or type(target).__name__, target)
        if name:
            return scan_target.value_target(name, target)
        found = self._named(target)
        if found is not None:
            return found
        if any(character.isspace() for character in target):
            return scan_target.text_target(target)
        raise UsageError(
            f"{target[:80]!r} is no file or folder, no dataset, corpus or run.",
            hint="Put `text:` before it if it is the text to be scanned.",
        )

    def _named(self, word: str) -> Target | None:
        """Return what a word names, None if nothing."""
        prefix, colon, rest = word.partition(":")
        if colon and prefix in _PREFIXES:
            return self._readers[prefix](rest)
        if not word or len(word) > 4_000 or "\n" in word or "\0" in word:
            return None
        if os.path.lexists(_expanded(word)):
            return self._path(word)
        for read in (self._found_run, self._found_dataset, self._found_corpus):
            if (found := read(word)) is not None:
                return found
        return None

    @property
    def _readers(self) -> Mapping[str, Callable[[str], Target]]:
        return {
            "text": scan_target.text_target,
            "file": self._path,
            "notebook": self._path,
            "folder": self._path,
            "dataset": self._dataset,
            "corpus": self._corpus,
            "run": lambda word: self._run(self._sources.run(self._run_id(word))),
        }

    def _path(self, written: str) -> Target:
        path = _expanded(written)
        if not written or not os.path.lexists(path):
            raise UsageError(f"there is no file or folder {written[:200]!r}.")
        return scan_target.path_target(path, self._sources.root)

    def _dataset(self, reference: str) -> Target:
        return scan_target.cases_target(reference, self._sources.datasets().get(reference).cases)

    def _corpus(self, reference: str) -> Target:
        registry = self._sources.corpora().registry
        version = registry.resolve(reference)
        return scan_target.documents_target(version.ref, registry.iter_documents(version))

    def _run(self, run: EvalRun) -> Target:
        return scan_target.run_target(run, self._system_prompt(run.prompt))

    def _run_id(self, written: str) -> str:
        from llmops_magics.evals.run_list import find_run_id

        return find_run_id(self._sources.store(), written)

    def _system_prompt(self, reference: str) -> str:
        """Return what the answers of a run must not repeat; "" where its prompt is not there."""
        try:
            version = self._sources.prompts().get(reference)
        except LlmopsError:  # a function was asked, or the prompt is of another workspace
            return ""
        return "\n".join(m.content for m in version.messages if m.role == "system")

    def _found_run(self, word: str) -> Target | None:
        try:
            run_id = self._run_id(word)
        except UsageError:
            return None
        return self._run(self._sources.run(run_id))

    def _found_dataset(self, word: str) -> Target | None:
        try:
            return self._dataset(word)
        except DatasetError:
            if word.partition("@")[0] in self._sources.datasets().names():
                raise
            return None

    def _found_corpus(self, word: str) -> Target | None:
        try:
            return self._corpus(word)
        except RetrievalError:
            if word.partition("@")[0] in self._sources.corpora().names():
                raise
            return None


def _expanded(written: str) -> Path:
    """Return a path with the home folder for ``~``; one of nobody stays as it is written."""
    return Path(os.path.expanduser(written))  # noqa: PTH111 -- pathlib's fails for nobody's


def _unknown_canaries(variables: Sequence[str]) -> list[Unread]:
    """Return the variables that hold no token: one that is not known cannot be seen to leak."""
    missing = [name for name in variables if not _planted([name])]
    return [Unread(name=f"the variable {name}", reason="it holds no canary") for name in missing]


def _planted(variables: Sequence[str]) -> tuple[str, ...]:
    """Return the canary tokens that environment variables hold."""
    written = (os.environ.get(name, "").split(",") for name in variables)
    return tuple(token.strip() for tokens in written for token in tokens if token.strip())
