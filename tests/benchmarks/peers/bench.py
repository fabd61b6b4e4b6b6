"""One run of a peer on the scripted endpoint, and what it took.

The figures of the process come from the kernel when it ends (``wait4``), with those of all the
children it waited for; the times of the requests from the endpoint, on the same clock.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from environment import Environment, PeerFailedError, last_line
from environment import variables as variables_of

PEERS = Path(__file__).parent


@dataclass(frozen=True, kw_only=True)
class Run:
    """One process; times in seconds, of which ``served_s`` and ``ended_s`` from the first request.

    ``served_s`` is until the last answer was sent, ``ended_s`` until the process was gone.
    """

    cases: int
    cpu_s: float
    wall_s: float
    served_s: float
    ended_s: float
    peak_rss_mb: float
    requests: int
    peak_concurrency: int
    endpoint_cpu_s: float


@dataclass
class Peer:
    """A peer with what was measured of it: pairs of a start-up run and a full one."""

    name: str
    setting: Environment | None = None
    rounds: list[tuple[Run, Run]] = field(default_factory=list)
    failure: str = ""

    @property
    def script(self) -> Path:
        """What it runs."""
        return PEERS / f"with_{self.name}.py"


class Bench:
    """The endpoint, the cases, and a way to run a peer on them."""

    def __init__(self, folder: Path, port: int, *, concurrency: int, timeout_s: float) -> None:
        self._folder = folder
        self._concurrency = concurrency
        self._timeout_s = timeout_s
        self._url = f"http://127.0.0.1:{port}"

    def run(self, peer: Peer, cases: int) -> Run:
        """Run a peer in an empty folder; raise ``PeerFailedError`` if it does not do the work."""
        if peer.setting is None:
            raise PeerFailedError("not installed")
        self._figures()
        with tempfile.TemporaryDirectory(dir=self._folder, ignore_cleanup_errors=True) as place:
            home = Path(place)
            command = [peer.setting.python, str(peer.script), str(self._cases(cases))]
            command.append(str(self._concurrency))
            variables = variables_of(f"{self._url}/v1", home, peer.setting)
            began = time.monotonic()
            status, usage = execute(command, home, variables, self._timeout_s)
            ended = time.monotonic()
            self._check(status, (home / "output.txt").read_text(errors="replace"), cases)
        seen = self._figures()
        return Run(
            cases=cases,
            cpu_s=usage.ru_utime + usage.ru_stime,
            wall_s=ended - began,
            served_s=seen["last_at_s"] - seen["first_at_s"],
            ended_s=ended - seen["first_at_s"],
            peak_rss_mb=usage.ru_maxrss / 1024,
            requests=seen["requests"],
            peak_concurrency=seen["peak_concurrency"],
            endpoint_cpu_s=seen["cpu_s"],
        )

    def _check(self, status: int, output: str, cases: int) -> None:
        if status < 0:
            raise PeerFailedError(
                f"killed by signal {-status} (the limit is {self._timeout_s:g} s); "
                f"{self._figures()['requests']} of {cases} requests were made"
            )
        last = output.strip().rpartition("\n")[2]
        if status or last != json.dumps({"scored": cases, "right": cases}):
            said = last_line(output)
            raise PeerFailedError(f"exit code {status} at {cases} cases: {said}")

    def _cases(self, count: int) -> Path:
        path = self._folder / f"cases-{count}.jsonl"
        if not path.exists():
            with path.open("w", encoding="utf-8") as file:
                for number in range(count):
                    case = {"question": f"What is {number} + 1?", "expected": "Paris"}
                    file.write(json.dumps(case) + "\n")
        return path

    def _figures(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self._url}/figures", timeout=30) as response:
            return dict(json.load(response))


def execute(
    command: list[str], home: Path, variables: dict[str, str], timeout_s: float
) -> tuple[int, resource.struct_rusage]:
    """Run a command to its end; return its exit code (negative: its signal) and what it took."""
    with (home / "output.txt").open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=home,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    limit = threading.Timer(timeout_s, os.killpg, (process.pid, signal.SIGKILL))
    limit.start()
    try:
        _, status, usage = os.wait4(process.pid, 0)
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    finally:
        limit.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage


@contextmanager
def bench(*, latency_ms: float, concurrency: int, timeout_s: float) -> Iterator[Bench]:
    """Serve for the duration of the block."""
    command = [sys.executable, str(PEERS / "endpoint.py"), str(latency_ms)]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server,
    ):
        port = int(server.stdout.readline()) if server.stdout else 0
        yield Bench(Path(folder), port, concurrency=concurrency, timeout_s=timeout_s)
        if server.stdin:
            server.stdin.close()
