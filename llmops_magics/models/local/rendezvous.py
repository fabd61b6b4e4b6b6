"""How a server and its users find each other: a folder that only its owner can read.

``state.json`` says which process serves, where, and with which key; ``users/`` has one empty file
a process that uses it, touched at each call; ``lock`` is held by whoever starts or ends a server.
A process is named by its id and its time of birth, for ids are used again.
"""

from __future__ import annotations

import dataclasses
import json
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from filelock import BaseFileLock

BIRTH_TOLERANCE_S = 5.0
"""The system derives a process's birth from a clock that may be set."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Process:
    """One process, never mistaken for a later one with the same id."""

    pid: int
    born_s: float

    @classmethod
    def of(cls, pid: int) -> Process:
        """Name a running process."""
        import psutil

        return cls(pid=pid, born_s=psutil.Process(pid).create_time())

    def is_alive(self) -> bool:
        """Tell whether it still runs: a zombie does not, nor does a namesake."""
        import psutil

        try:
            process = psutil.Process(self.pid)
            born_s = process.create_time()
            is_zombie = process.status() == psutil.STATUS_ZOMBIE
            return bool(abs(born_s - self.born_s) < BIRTH_TOLERANCE_S and not is_zombie)
        except psutil.Error:
            return False


@dataclasses.dataclass(frozen=True, kw_only=True)
class State:
    """A server that listens: its process, its URL (no path) and the key it asks for."""

    process: Process
    url: str
    api_key: str = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rendezvous:
    """The folder, and what may be done in it."""

    folder: Path

    @property
    def log(self) -> Path:
        """Return the file that holds what the server prints; each server starts it anew."""
        return self.folder / "log.txt"

    @property
    def _state(self) -> Path:
        return self.folder / "state.json"

    @property
    def _users(self) -> Path:
        return self.folder / "users"

    def prepare(self) -> None:
        """Make the folder, closed to others."""
        self._users.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.chmod(0o700)

    def lock(self) -> BaseFileLock:
        """Return the lock, not yet held, that is this caller's alone."""
        from filelock import FileLock

        return FileLock(self.folder / "lock", is_singleton=False)

    def read(self) -> State | None:
        """Return what the newest server wrote, or None when there is nothing readable."""
        try:
            found = json.loads(self._state.read_text("utf-8"))
            return State(
                process=Process(**found["process"]), url=found["url"], api_key=found["api_key"]
            )
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def write(self, state: State) -> None:
        """Announce a server, readable by the owner only from the first byte on."""
        draft = self.folder / f"state.{os.getpid()}"
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            json.dump(dataclasses.asdict(state), file)
        draft.replace(self._state)

    def forget(self, process: Process) -> None:
        """Remove the announcement if it is still this process's."""
        state = self.read()
        if state is not None and state.process == process:
            self._state.unlink(missing_ok=True)

    def touch(self, user: Process) -> None:
        """Note that this process uses the server now."""
        (self._users / f"{user.pid}-{user.born_s:.3f}").touch(mode=0o600)

    def users(self) -> list[Process]:
        """Return the users that are alive, and drop the files of those that are not."""
        alive = []
        for path, user in self._registered():
            if user.is_alive():
                alive.append(user)
            else:
                path.unlink(missing_ok=True)
        return alive

    def last_touch_s(self) -> float:
        """Return when a user last touched its file, in seconds since 1970; 0 if none did."""
        touches = [0.0]
        for path, _ in self._registered():
            try:
                touches.append(path.stat().st_mtime)
            except OSError:  # dropped meanwhile
                continue
        return max(touches)

    def _registered(self) -> Iterator[tuple[Path, Process]]:
        for path in self._users.glob("*-*"):
            pid, _, born_s = path.name.partition("-")
            try:
                user = Process(pid=int(pid), born_s=float(born_s))
            except ValueError:  # not one of ours
                continue
            yield path, user
