"""One server of the embedded chat model, shared by all of a user's kernels.

``ensure_running`` starts it where there is none and otherwise costs well under a millisecond: call
it before every model call, for that also tells the server that it is in use. The server belongs
to nobody: it survives the process that started it, and ends by itself (``watch``). A server that
died, hangs, or does not take the announced key is replaced.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import os
import secrets
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO, cast

from llmops_magics.errors import ConfigError, EndpointError
from llmops_magics.models.local.extra import require_extra
from llmops_magics.models.local.folder import server_folder
from llmops_magics.models.local.health import Health, probe
from llmops_magics.models.local.processor import usable_cores
from llmops_magics.models.local.rendezvous import Process, Rendezvous, State
from llmops_magics.models.local.serve import SETTINGS, Order
from llmops_magics.models.local.weights import CHAT, locate, weights_named
from llmops_magics.record import digest

IDLE_S = 600.0
GRACE_S = 20.0
POLL_S = 2.0
START_LIMIT_S = 120.0
END_LIMIT_S = 5.0
LOG_TAIL_LINES = 5
GNU_OPENMP_SPINS = "1000"
"""How long llama.cpp's threads spin for one another. GNU's default is for idle machines: with one
other busy process on two cores it made calls 14 times slower, and this costs nothing when idle."""

MODULE = "llmops_magics.models.local.serve"
KEPT_OUT = ("LLMOPS_", "OPENAI_", "LLAMA_")
SECRET_ENDS = ("_KEY", "_TOKEN", "_SECRET", "_PASSWORD")

_found_healthy: set[State] = set()


@dataclasses.dataclass(frozen=True, kw_only=True)
class ServerAddress:
    """Where to call: ``base_url`` ends in /v1, ``api_key`` goes into the Authorization header."""

    base_url: str
    api_key: str = dataclasses.field(repr=False)
    pid: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class ServerStatus:
    """A server that runs: its address, since when, and which processes use it."""

    address: ServerAddress
    started_s: float
    user_pids: tuple[int, ...]
    log: Path


def ensure_running(name: str = CHAT.name) -> ServerAddress:
    """Return the address of a server that answers, starting one if need be (about 1 s).

    Blocks; call it in a thread when on an event loop. Raises ``WeightsError`` when weights or
    packages are missing, ``EndpointError`` with the server's last words when it does not start.
    """
    place = _place(name)
    place.touch(_this_process(os.getpid()))  # before the announcement is read: see ``watch``
    state = place.read()
    if state is None or state not in _found_healthy or not state.process.is_alive():
        with place.lock():
            state = place.read()
            if state is None or not _is_usable(state):
                state = _replace(name, place, state)
        _found_healthy.add(state)
    return _address(state)


def status(name: str = CHAT.name) -> ServerStatus | None:
    """Return what runs, or None; starts nothing and counts as no use."""
    place = _place(name)
    state = place.read()
    if state is None or not state.process.is_alive():
        return None
    return ServerStatus(
        address=_address(state),
        started_s=state.process.born_s,
        user_pids=tuple(sorted(user.pid for user in place.users())),
        log=place.log,
    )


def stop(name: str = CHAT.name) -> bool:
    """End the server, whoever uses it; return whether there was one."""
    place = _place(name)
    with place.lock():
        state = place.read()
        return state is not None and _end(place, state)


def _place(name: str) -> Rendezvous:
    """Return the folder of this model under these settings: after an upgrade it is another."""
    require_extra("xllamacpp")
    served = digest([weights_named(name).sha256, SETTINGS, _engine_version()])
    place = Rendezvous(folder=server_folder() / f"{name}-{served.partition(':')[2][:8]}")
    place.prepare()
    return place


@functools.cache
def _engine_version() -> str:
    from importlib.metadata import version

    return version("xllamacpp")


@functools.cache
def _this_process(pid: int) -> Process:
    return Process.of(pid)


def _address(state: State) -> ServerAddress:
    return ServerAddress(base_url=f"{state.url}/v1", api_key=state.api_key, pid=state.process.pid)


def _is_usable(state: State) -> bool:
    return state.process.is_alive() and probe(state.url, state.api_key) is Health.GOOD


def _replace(name: str, place: Rendezvous, old: State | None) -> State:
    """Start a server in the place of one that is unusable; the lock is held."""
    path = locate(name)
    if old is not None:
        _end(place, old)
    order = Order(
        folder=str(place.folder),
        model=name,
        path=str(path),
        api_key=secrets.token_urlsafe(32),
        threads=usable_cores(),
        idle_s=_idle_limit_s(),
        grace_s=GRACE_S,
        poll_s=POLL_S,
    )
    child = _spawn(place, order)
    state = _await_announcement(place, child)
    if not _is_usable(state):
        raise EndpointError(
            f"The server of {name} started but does not answer.", hint=f"Its log: {place.log}."
        )
    return state


def _idle_limit_s() -> float:
    given = os.environ.get("LLMOPS_LOCAL_IDLE_S", str(IDLE_S))
    try:
        limit_s = float(given)
    except ValueError:
        limit_s = 0.0
    if not limit_s > 0:
        raise ConfigError(
            f"LLMOPS_LOCAL_IDLE_S is {given!r}, which is no number of seconds above 0.",
            hint=f"Unset it for {IDLE_S:.0f}.",
        )
    return limit_s


def _spawn(place: Rendezvous, order: Order) -> subprocess.Popen[bytes]:
    """Start the process in a session of its own: no signal to our group reaches it."""
    root = str(Path(__file__).parents[3])  # where llmops_magics was imported from
    program = f"import sys; sys.path.append({root!r}); from {MODULE} import main; main()"
    with place.log.open("wb") as log:
        child = subprocess.Popen(  # noqa: S603 - this interpreter and a fixed program
            [sys.executable, "-P", "-c", program],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=place.folder,
            env=_environment(),
            start_new_session=True,
        )
    line = json.dumps(dataclasses.asdict(order)).encode() + b"\n"
    with contextlib.suppress(BrokenPipeError), cast("IO[bytes]", child.stdin) as stdin:
        stdin.write(line)  # if it has died already, the caller sees that
    return child


def _environment() -> dict[str, str]:
    """Return our environment without settings that are not the server's, and without secrets."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(KEPT_OUT) and not name.endswith(SECRET_ENDS)
    }
    return {"GOMP_SPINCOUNT": GNU_OPENMP_SPINS, **kept}


def _await_announcement(place: Rendezvous, child: subprocess.Popen[bytes]) -> State:
    limit_s = time.monotonic() + START_LIMIT_S
    while time.monotonic() < limit_s and child.poll() is None:
        state = place.read()
        if state is not None and state.process.pid == child.pid:
            # Somebody must take note of its end, or it would stay a zombie while we live.
            threading.Thread(target=child.wait, name="llmops-local-server", daemon=True).start()
            return state
        time.sleep(0.02)
    ended = child.poll() is not None
    child.kill()
    child.wait()
    what = f"ended with code {child.returncode}" if ended else "was not ready in time"
    raise EndpointError(
        f"The server of the embedded model {what}: {_last_words(place.log)}",
        hint=f"The whole log: {place.log}.",
    )


def _last_words(log: Path) -> str:
    lines = [line for line in log.read_text("utf-8", errors="replace").splitlines() if line.strip()]
    return " / ".join(lines[-LOG_TAIL_LINES:]) or "it said nothing."


def _end(place: Rendezvous, state: State) -> bool:
    """Ask the announced process to end, then make it; return whether it ran."""
    import psutil

    place.forget(state.process)
    try:
        process = psutil.Process(state.process.pid)
        if not state.process.is_alive() or MODULE not in " ".join(process.cmdline()):
            return False
        process.terminate()
        try:
            process.wait(END_LIMIT_S)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(END_LIMIT_S)
    except psutil.NoSuchProcess:
        return False
    return True
