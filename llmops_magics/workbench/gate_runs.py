"""Gold notebooks executed: one, several at once, one again on its answers, one many times.

Each run ends in a sealed dossier, or says why there is none.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from llmops_magics.errors import GateRunError, GateUsageError, UsageError
from llmops_magics.notebook import find_notebook
from llmops_magics.release.execution.publication import (
    check_remote,
    is_remote,
    local_folder,
    publish,
)

if TYPE_CHECKING:
    from llmops_magics.config.settings import Settings
    from llmops_magics.release.execution.aa import GateAA
    from llmops_magics.release.execution.batch import GateBatch
    from llmops_magics.release.execution.process import Progress
    from llmops_magics.release.gate.result import GateResult
    from llmops_magics.storage.store import Store
    from llmops_magics.workbench.dossiers import Dossiers
    from llmops_magics.workbench.signing import Signing

LIVE, REPLAY, REJUDGE = "live", "replay", "rejudge"
MODES = (LIVE, REPLAY, REJUDGE)
MOST_JOBS = 64


class RunLimits(TypedDict, total=False):
    """What ``run_gate`` takes as it is; see ``GateRuns.run``."""

    environment: str
    mode: str
    cache: str
    timeout_s: float
    cell_timeout_s: float
    extra_env: Mapping[str, str] | None
    stop: threading.Event | None


class RunOptions(RunLimits, total=False):
    """How a gate is run; see ``GateRuns.run``."""

    of: str | Path
    archive: str | Path | None


class GateRuns:
    """Runs gold notebooks and has their dossiers sealed."""

    def __init__(
        self,
        root: Path,
        settings: Callable[[], Settings],
        store: Callable[[], Store],
        actor: Callable[[], str],
        *,
        signing: Callable[[], Signing],
        dossiers: Callable[[], Dossiers],
    ) -> None:
        self._root = root
        self._settings = settings
        self._store = store
        self._actor = actor
        self._signing = signing
        self._dossiers = dossiers

    @property
    def archive(self) -> Path:
        """Where dossiers are sealed."""
        return self._root / self._settings().gate.archive

    def run(
        self,
        notebook: str | Path,
        parameters: Mapping[str, Any] | None = None,
        *,
        of: str | Path = "",
        archive: str | Path | None = None,
        on_progress: Progress | None = None,
        **options: Unpack[RunLimits],
    ) -> GateResult:
        """Execute a gold notebook and seal what came out as a dossier.

        ``notebook`` is a path, or the name of one in the package. ``environment`` is the one that
        the release is for, ``mode`` live, replay or rejudge (of the dossier ``of``), ``cache`` how
        stored answers may be used. ``archive`` is a folder, or a URL (``s3://``, ``gs://``,
        ``abs://``) to which the sealed dossier is copied. Limits are in seconds; ``on_progress``
        and ``stop`` are those of ``release.execution.runner.run_gate``, as are the errors.
        """
        from llmops_magics.release.execution.runner import run_gate

        place = archive or ""
        self._check(options.get("environment", ""), options.get("mode", LIVE), of)
        if is_remote(place):
            check_remote(str(place))
        result = run_gate(
            self._store(),
            find_notebook(notebook),
            parameters or {},
            archive=self._folder(place),
            root=self._root,
            actor=self._actor(),
            signer=self._signing().signer(make=True),
            replay_of=self._dossiers().folder(of) if of else None,
            on_progress=on_progress,
            **options,
        )
        if is_remote(place) and result.archive:
            publish(Path(result.archive), str(place))
        return result

    def run_all(
        self,
        notebooks: Sequence[str | Path],
        parameters: Mapping[str, Any] | None = None,
        *,
        jobs: int = 1,
        on_progress: Callable[[str, int, int, str], None] | None = None,
        **options: Unpack[RunOptions],
    ) -> GateBatch:
        """Run several, at most ``jobs`` at once; each gets those parameters that it has.

        All are checked before the first begins. ``on_progress`` gets the notebook's name before
        what ``run`` gives it.
        """
        from llmops_magics.release.execution.batch import run_batch
        from llmops_magics.release.execution.parameter import shared
        from llmops_magics.release.execution.source import check_source

        if not 1 <= jobs <= MOST_JOBS:
            raise UsageError(f"{jobs} gates at once cannot be: 1 to {MOST_JOBS}.")
        paths = [find_notebook(notebook) for notebook in notebooks]
        given = shared(parameters or {}, [tuple(check_source(p, {}).defaults) for p in paths])
        for path, own in zip(paths, given, strict=True):
            check_source(path, own)
        self._store()  # opened once, before threads ask for it
        gates = [
            (path.stem, partial(self._one, path, own, on_progress, options))
            for path, own in zip(paths, given, strict=True)
        ]
        return run_batch(gates, jobs=jobs)

    def _one(
        self,
        path: Path,
        parameters: Mapping[str, Any],
        on_progress: Callable[[str, int, int, str], None] | None,
        options: RunOptions,
        stop: threading.Event,
    ) -> GateResult:
        told = partial(on_progress, path.stem) if on_progress else None
        own: RunOptions = {**options, "stop": stop}
        return self.run(path, parameters, on_progress=told, **own)

    def replay(
        self, dossier: str | Path, *, rejudge: bool = False, **options: Unpack[RunOptions]
    ) -> GateResult:
        """Execute the notebook of a dossier again on the answers that it holds, at no cost.

        With ``rejudge`` the judges are asked again. The notebook is the one that was sealed, with
        its parameters, whatever the file is now. ``GateRunError`` where the dossier is not as it
        was sealed.
        """
        from tempfile import TemporaryDirectory

        from llmops_magics.release.execution.template import source_of

        sealed = self._dossiers().get(dossier)
        report = self._dossiers().verify(dossier)
        if not report.ok:
            raise GateRunError(f"The dossier is not as it was sealed: {report.problems[0]}.")
        options.setdefault("environment", sealed.environment)
        with TemporaryDirectory() as folder:
            path = source_of(Path(sealed.folder), sealed.gate, Path(folder))
            own: RunOptions = {
                **options,
                "mode": REJUDGE if rejudge else REPLAY,
                "of": sealed.folder,
            }
            return self.run(path, sealed.result.parameters, **own)

    def aa_live(
        self,
        notebook: str | Path,
        parameters: Mapping[str, Any] | None = None,
        *,
        repeats: int,
        jobs: int = 1,
        **options: Unpack[RunOptions],
    ) -> GateAA:
        """Run one gate so many times, each sealed and paid for, and count what it said."""
        from llmops_magics.release.execution.aa import gate_aa_live

        batch = self.run_all([notebook] * repeats, parameters, jobs=jobs, **options)
        found = gate_aa_live(batch.results)
        return replace(found, undecided=found.undecided + len(batch.problems))

    def _folder(self, archive: str | Path) -> Path:
        return local_folder(archive) if archive and not is_remote(archive) else self.archive

    def _check(self, environment: str, mode: str, of: str | Path) -> None:
        from llmops_magics.config.release import environments_of

        known = environments_of(self._settings().environments)
        if environment and environment not in known:
            raise GateUsageError(
                f"There is no environment {environment!r}.",
                hint=f"There are {', '.join(known)}; [environments] of llmops.toml has others.",
            )
        if mode not in MODES:
            raise GateUsageError(
                f"There is no mode {mode!r}.", hint=f"There are {', '.join(MODES)}."
            )
        if (mode == LIVE) == bool(of):
            raise GateUsageError(
                "A replay needs a dossier, and a live run has none.",
                hint="Name it with --of, beside --mode replay or --mode rejudge.",
            )
