"""A scripted server in a process of its own, so that a benchmark's client has its CPU to itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self

from llmops_magics.errors import EndpointError, UsageError

if TYPE_CHECKING:
    from types import TracebackType

PACKAGE_PARENT = Path(__file__).resolve().parents[2]
STOP_TIMEOUT_S = 10.0


class ScriptedProcess:
    """``python -m llmops_magics.testing`` as a context manager.

    ``answer`` is the text of every answer; with ``template`` it is a template as in
    ``Reply.template``. The process ends when the block does, and also when this process dies.
    Raises ``EndpointError`` if it cannot start, and on closing if its script had failed.
    """

    def __init__(
        self, answer: str = "", *, template: bool = False, latency_ms: float = 0.0
    ) -> None:
        kind = "--template" if template else "--answer"
        # The = keeps an answer that begins with a dash from being taken for an option.
        self._options = [f"{kind}={answer}", f"--latency-ms={latency_ms}"]
        self._process: subprocess.Popen[bytes] | None = None
        self._stderr: IO[bytes] | None = None
        self._address: dict[str, str] = {}

    @property
    def base_url(self) -> str:
        """The URL to give to a client."""
        return self._get("base_url")

    @property
    def api_key(self) -> str:
        """The key to give to a client."""
        return self._get("api_key")

    @property
    def pid(self) -> int:
        """The number of the server's process."""
        return self._running().pid

    def start(self) -> Self:
        """Start the process, wait until it serves, and return this object."""
        if self._process is not None:
            raise UsageError("The scripted process is running already.", hint="Close it first.")
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - close() closes it
        self._process = subprocess.Popen(  # noqa: S603 - our own module, no shell
            [sys.executable, "-m", "llmops_magics.testing", *self._options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            env=_environment(),
            start_new_session=True,  # interrupting a notebook's cell does not end it
        )
        line = self._process.stdout.readline() if self._process.stdout else b""
        if not line:
            self.close()
            raise EndpointError("The scripted process ended before it served.")
        self._address = json.loads(line)
        return self

    def close(self) -> None:
        """End the process; raise ``EndpointError`` if it reports a failure."""
        if self._process is None or self._stderr is None:
            return
        process, stderr = self._process, self._stderr
        self._process = self._stderr = None
        self._address = {}
        _end(process)
        stderr.seek(0)
        with stderr:
            said = stderr.read().decode(errors="replace").strip()
        if process.returncode > 0:  # below 0 is a signal, sent on purpose
            raise EndpointError(f"The scripted process failed: {said}")

    def _get(self, name: str) -> str:
        self._running()
        return self._address[name]

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise UsageError("The scripted process is not running.", hint="Use a with block.")
        return self._process

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            self.close()
        except EndpointError as failure:
            if error is None:
                raise
            error.add_note(str(failure))


def _end(process: subprocess.Popen[bytes]) -> None:
    """Close the process's stdin, which ends it, and kill it if it does not end."""
    with process:  # closes the pipes, then waits
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()


def _environment() -> dict[str, str]:
    """Return the environment, in which the same copy of the package is found from any folder."""
    paths = [str(PACKAGE_PARENT), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
