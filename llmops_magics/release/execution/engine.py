"""The child that executes one notebook with papermill, and the only module that imports it.

``main`` (started by ``process``) reads its job from standard input and reports each cell on
standard output, one JSON object a line. It ends when standard input ends, so a runner that was
killed leaves nothing behind. papermill injects the parameters and drives the kernel; what it says
about cells that did not finish is corrected here, and judged in ``judgement``.

``papermill in.ipynb out.ipynb --engine llmops`` finds the same engine by its entry point: its
statuses are then as honest, and everything else is papermill's own.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import IO, Any

import nbformat
import papermill
from ipykernel.kernelspec import RESOURCES, get_kernel_dict
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines
from papermill.exceptions import PapermillExecutionError
from papermill.iorw import HttpHandler, LocalHandler, papermill_io
from traitlets.config import Config

from llmops_magics.errors import GateUsageError
from llmops_magics.release.execution.ballot import FOLDER_VARIABLE
from llmops_magics.release.execution.judgement import is_finished
from llmops_magics.release.execution.process import GRACE_S, Job, end_marked

ENGINE = "llmops"
START_TIMEOUT_S = 60
IOPUB_TIMEOUT_S = 30
SAVING_SHARE = 0.05
"""At most this share of the time goes into saving: a save a cell is slow for large outputs."""
FIRST_LINE_LENGTH = 80


class ThisPython(AsyncKernelManager):
    """Starts the kernel of this very interpreter, whatever kernels the user has installed."""

    @property
    def kernel_spec(self) -> KernelSpec:
        """Return the specification of ipykernel in this environment."""
        return KernelSpec(resource_dir=RESOURCES, **get_kernel_dict())


class Recorder(NotebookExecutionManager):  # type: ignore[misc]  # papermill has no types
    """Keeps the notebook honest and on disk while it runs, and reports its progress.

    Without ``path`` it is saved where papermill wants it, without ``reports`` nobody is told.
    """

    path: Path | None = None
    reports: IO[str] | None = None
    _saved_s = 0.0
    _save_took_s = 0.0

    def save(self, *, force: bool = True, **_: Any) -> None:
        """Write the notebook, whole or not at all."""
        started_s = time.monotonic()
        if not force and started_s - self._saved_s < self._save_took_s / SAVING_SHARE:
            return
        if self.path is None:
            super().save()
        else:
            write_notebook(self.nb, self.path)
        self._saved_s = time.monotonic()
        self._save_took_s = self._saved_s - started_s
        self.last_save_time = self.now()

    def autosave_cell(self) -> None:
        """Leave it to the cell's end: a message is no reason to write a notebook."""

    def cell_start(self, cell: Any, cell_index: int | None = None, **_: Any) -> None:
        """Report the cell and note when it began."""
        cell.metadata.papermill.update(
            start_time=self.now().isoformat(), status=self.RUNNING, exception=False
        )
        if self.reports is None:
            return
        line = next((x.strip() for x in cell.source.splitlines() if x.strip()), "")
        place = {"cell": cell_index, "count": len(self.nb.cells)}
        print(
            json.dumps({**place, "line": line[:FIRST_LINE_LENGTH]}), file=self.reports, flush=True
        )

    def cell_complete(self, cell: Any, **_: Any) -> None:
        """Note how the cell ended: completed only when the kernel replied."""
        note = cell.metadata.papermill
        note["end_time"] = self.now().isoformat()
        runs = cell.cell_type == "code" and bool(cell.source.strip())
        if note["status"] != self.FAILED:
            note["status"] = self.FAILED if runs and not is_finished(cell) else self.COMPLETED
        self.save(force=False)
        if self.pbar:
            self.pbar.update(1)

    def notebook_complete(self, **_: Any) -> None:
        """Note the end of the notebook, and leave pending cells pending."""
        self.end_time = self.now()
        self.nb.metadata.papermill["end_time"] = self.end_time.isoformat()
        self.nb.metadata.papermill["duration"] = (self.end_time - self.start_time).total_seconds()
        self.cleanup_pbar()
        self.save()


class RecordingEngine(NBClientEngine):  # type: ignore[misc]  # papermill has no types
    """papermill's own engine with our recorder; ``path`` and ``reports`` are set by a gate."""

    recorder: Recorder | None = None
    path: Path | None = None
    reports: IO[str] | None = None

    @classmethod
    def execute_notebook(cls, nb: Any, kernel_name: str, **settings: Any) -> Any:
        """Execute ``nb``; papermill calls this with the parameters injected."""
        recorder = cls._recorder(nb, settings)
        cls.recorder = recorder
        recorder.notebook_start()
        try:
            cls.execute_managed_notebook(recorder, kernel_name, **settings)
        finally:
            recorder.notebook_complete()
            cls.recorder = None  # papermill now adds a banner of its own, to be left out
        return recorder.nb

    @classmethod
    def _recorder(cls, nb: Any, settings: dict[str, Any]) -> Recorder:
        """Return what keeps the notebook; takes out of ``settings`` what is not for the kernel."""
        given = {
            name: settings.pop(name)
            for name in ("output_path", "progress_bar", "autosave_cell_every")
            if name in settings
        }
        if cls.path is None:
            return Recorder(nb, log_output=bool(settings.get("log_output")), **given)
        recorder = Recorder(nb, progress_bar=False)
        recorder.path, recorder.reports = cls.path, cls.reports
        return recorder


def write_notebook(notebook: Any, path: Path) -> None:
    """Write a notebook through a temporary file beside it."""
    descriptor, written = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as file:
        nbformat.write(notebook, file)
    Path(written).replace(path)


def check_place(url: str) -> None:
    """Raise ``GateUsageError`` for a place that none of papermill's handlers can keep files in."""
    handler = papermill_io.get_handler(url)
    if handler is HttpHandler or isinstance(handler, LocalHandler | HttpHandler):
        raise GateUsageError(
            f"Nothing can be archived at {url}.",
            hint="Give a folder, or a URL that papermill can write to: s3://, gs://, abs://.",
        )


def write_text(text: str, url: str) -> None:
    """Write a text with papermill's handler of that URL; raises whatever the handler raises."""
    papermill_io.write(text, url, extensions=None)


def run(job: Job, reports: IO[str]) -> str:
    """Execute the job's notebook; return what went wrong, empty where the cells tell it all."""
    RecordingEngine.path, RecordingEngine.reports = Path(job.executed), reports
    papermill_engines.register(ENGINE, RecordingEngine)
    scratch = Path(job.executed).with_suffix(".papermill.ipynb")
    try:
        papermill.execute_notebook(
            job.source,
            str(scratch),
            parameters=job.parameters,
            engine_name=ENGINE,
            kernel_name="python3",
            language="python",
            progress_bar=False,
            request_save_on_cell_execute=False,
            execution_timeout=job.cell_timeout_s,
            start_timeout=START_TIMEOUT_S,
            iopub_timeout=IOPUB_TIMEOUT_S,
            coalesce_streams=False,  # joined when frozen, in linear time
            kernel_manager_class=ThisPython,
            config=Config({"KernelManager": {"transport_encryption": "auto"}}),
        )
    except (PapermillExecutionError, CellExecutionError):
        return ""  # the cell holds its error
    except DeadKernelError:
        return "The kernel died."
    except CellTimeoutError:
        return f"A cell took longer than {job.cell_timeout_s:g} s."
    except Exception as error:  # noqa: BLE001 -- whatever it is, it goes into the record
        return f"The notebook could not be executed: {type(error).__name__}: {error}"
    finally:
        scratch.unlink(missing_ok=True)
    return ""


def _end_with_parent() -> None:
    """Wait for the end of standard input, which is the end of the runner or its order to stop.

    The main thread saves the notebook then; where it is too busy to, this ends all the same.
    """
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_S)
    _exit()


def _save_and_exit(*_: Any) -> None:
    """Keep what there is and end at once, with all that the notebook started.

    A disk that is full must not keep the kernel alive.
    """
    try:
        if RecordingEngine.recorder is not None:
            RecordingEngine.recorder.save()
    finally:
        _exit()


def _exit() -> None:
    try:
        end_marked(os.environ.get(FOLDER_VARIABLE, ""))
    finally:
        os._exit(128 + signal.SIGTERM)


def main() -> None:
    """Run the job that standard input gives."""
    reports = os.fdopen(os.dup(1), "w", encoding="utf-8")  # not inherited by the kernel
    os.dup2(2, 1)
    job = Job(**json.loads(sys.stdin.buffer.readline()))
    signal.signal(signal.SIGTERM, _save_and_exit)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    problem = run(job, reports)
    print(json.dumps({"end": problem}), file=reports, flush=True)
