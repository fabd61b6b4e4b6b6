"""The child process that executes a notebook, its limits, and its certain end.

The child, its kernel and every process that the notebook starts inherit one variable with a value
of their own, and are found by it when the run ends: a group or a session would not do, as each of
them may open its own. A server that others share strips such variables, and lives on.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import site
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from llmops_magics.audit.signing.key import PASSPHRASE, VARIABLE
from llmops_magics.release.execution.ballot import FOLDER_VARIABLE

PROGRAM = """\
import sys
sys.modules["rfc3987_syntax"] = None
from llmops_magics.release.execution.engine import main
main()
"""
"""With JupyterLab, jsonschema builds a grammar of URIs at import: 2 s a gate, for no check here."""
GRACE_S = 10.0
LAST_WORDS = 3
LOOK_S = 0.2  # how soon an order to stop is seen
INTERRUPTED = "The gate was interrupted."
OF_A_PERSON = (VARIABLE, PASSPHRASE)

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, kw_only=True)
class Job:
    """What the child is told: where the notebook is, where it goes, and its limits in seconds."""

    source: str
    executed: str
    parameters: dict[str, Any]
    cell_timeout_s: float


def execute(
    job: Job,
    *,
    ballot: Path,
    root: Path,
    timeout_s: float,
    on_progress: Progress | None = None,
    extra_env: Mapping[str, str] | None = None,
    stop: threading.Event | None = None,
) -> str:
    """Execute a notebook in a process of its own; return what went wrong, empty for nothing.

    The kernel works in ``root`` and hands its decision over in ``ballot``. When this returns,
    also by an interrupt, no process of the run is left and ``job.executed`` holds how far it got.
    ``stop`` interrupts it from another thread, where Ctrl-C does not arrive.
    """
    log = ballot.parent / "log.txt"
    environment = _environment(ballot, extra_env or {})
    with log.open("wb") as errors:
        child = subprocess.Popen(  # noqa: S603 -- this interpreter and our own module
            [sys.executable, "-P", "-c", PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=root,
            env=environment,
            start_new_session=True,
        )
    try:
        with contextlib.suppress(BrokenPipeError):
            _pipe(child.stdin).write(json.dumps(asdict(job)).encode() + b"\n")
            _pipe(child.stdin).flush()  # and stays open: the child ends when we do
        with interrupted_by_sigterm():
            return _watch(child, timeout_s, on_progress, log, stop)
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        _end(child, ballot)


def end_marked(ballot: Path | str, *, spare: int = 0) -> None:
    """End every process that was started for this run, except ``spare``."""
    import psutil

    for _ in range(3):  # one of them may start another meanwhile
        found = list(_marked(str(ballot), spare))
        if not found:
            return
        for process in found:
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(found, timeout=GRACE_S)


def _marked(ballot: str, spare: int) -> Iterator[Any]:
    import psutil

    for process in psutil.process_iter():
        if process.pid in (os.getpid(), spare):
            continue
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get(FOLDER_VARIABLE) == ballot:
                yield process


def _environment(ballot: Path, extra: Mapping[str, str]) -> dict[str, str]:
    """Return ours, marked, without the user's IPython profile and with this package on the path.

    What opens a person's signing key stays here: the notebook's code is no person.
    """
    environment = {k: v for k, v in {**os.environ, **extra}.items() if k not in OF_A_PERSON}
    environment |= {
        FOLDER_VARIABLE: str(ballot),
        "LLMOPS_GATE": "1",
        "IPYTHONDIR": str(ballot.parent / "ipython"),
    }
    package = str(Path(__file__).parents[3])
    if package not in (*site.getsitepackages(), site.getusersitepackages()):
        paths = [path for path in (environment.get("PYTHONPATH"), package) if path]
        environment["PYTHONPATH"] = os.pathsep.join(paths)
    return environment


def _watch(
    child: subprocess.Popen[bytes],
    timeout_s: float,
    on_progress: Progress | None,
    log: Path,
    stop: threading.Event | None,
) -> str:
    """Follow the child's reports until it says how it ended, is gone, or its time is over."""
    pending, limit_s = b"", time.monotonic() + timeout_s
    stream = _pipe(child.stdout).fileno()
    while True:
        left_s = limit_s - time.monotonic()
        if left_s <= 0:
            return f"The notebook took longer than {timeout_s:g} s."
        if stop is not None and stop.is_set():
            return INTERRUPTED
        wait_s = left_s if stop is None else min(left_s, LOOK_S)
        if not select.select([stream], [], [], wait_s)[0]:
            continue
        block = os.read(stream, 65536)
        if not block:
            return _unexplained_end(child, log)
        *lines, pending = (pending + block).split(b"\n")
        for line in lines:
            report = json.loads(line)
            if "end" in report:
                return str(report["end"])
            if on_progress is not None:
                on_progress(report["cell"], report["count"], report["line"])


@contextlib.contextmanager
def interrupted_by_sigterm() -> Iterator[None]:
    """Take a SIGTERM (a cancelled CI job) for Ctrl-C: end the run, and still seal its record."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may handle signals
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _unexplained_end(child: subprocess.Popen[bytes], log: Path) -> str:
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(GRACE_S)
    lines = [line for line in log.read_text("utf-8", "replace").splitlines() if line.strip()]
    said = f": {' / '.join(lines[-LAST_WORDS:])}" if lines else ""
    return f"The process that ran the notebook ended with code {child.returncode}{said}."


def _end(child: subprocess.Popen[bytes], ballot: Path) -> None:
    """End the child, which saves the notebook when asked to, and then all that it started."""
    _pipe(child.stdin).close()
    try:
        child.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    finally:
        end_marked(ballot)
        _pipe(child.stdout).close()


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise TypeError("the child has no pipe")
    return stream
