"""How this user wants to be told, on this machine: a file of the user's own.

It lies outside every workspace and store, because a command in it is run and an address in it may
be a secret. A row that somebody else writes into a shared store can therefore change what is
measured and never what is run. A subscription belongs to one rule: if a monitor gets another, its
user is not told until it is added again here.

``LLMOPS_CONFIG_DIR`` moves the folder.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import platformdirs

from llmops_magics.config.home import expanded
from llmops_magics.errors import ConfigError
from llmops_magics.monitoring.channel import Channel
from llmops_magics.monitoring.record import StateChange
from llmops_magics.record import to_jsonable

FILE_NAME = "monitors.json"
LOCK_TIMEOUT_S = 10
_WRITABLE_BY_OTHERS = 0o022


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """That a monitor's changes are told by some ways; those up to ``told`` were."""

    root: str
    store: str
    monitor: str
    rule: str
    channels: tuple[Channel, ...]
    told: int


class Subscriptions:
    """This user's subscriptions to the monitors of one workspace.

    ``store`` names the workspace's store, so that a workspace whose store is another one, with
    monitors of the same names, starts without any.
    """

    def __init__(self, root: Path, store: str, folder: Path | None = None) -> None:
        self._root = str(root)
        self._store = store
        self._path = (folder or config_folder()) / FILE_NAME

    def of(self, monitor: str, rule: str) -> tuple[Channel, ...]:
        """Return how a monitor with that rule is told."""
        found = (s for s in self._mine(_read(self._path)) if (s.monitor, s.rule) == (monitor, rule))
        return tuple(channel for s in found for channel in s.channels)

    def set(self, monitor: str, rule: str, channels: Sequence[Channel], told: int) -> None:
        """Be told of a monitor's changes after ``told`` by these ways, instead of any before."""
        mine = Subscription(
            root=self._root,
            store=self._store,
            monitor=monitor,
            rule=rule,
            channels=tuple(channels),
            told=told,
        )
        with self._changing() as subscriptions:
            subscriptions[:] = [s for s in subscriptions if not self._is(s, monitor)]
            if channels:
                subscriptions.append(mine)

    def drop(self, monitor: str) -> None:
        """Be told no more of a monitor."""
        if any(s.monitor == monitor for s in self._mine(_read(self._path))):
            self.set(monitor, "", (), 0)

    def take(self, latest: Sequence[StateChange]) -> list[tuple[StateChange, Channel]]:
        """Return what is to be told now, and note it as told.

        Of several changes since the last time only the newest is told. It is noted before it is
        told, so that two processes never tell the same: what is lost in between is lost.
        """
        known = self._mine(_read(self._path))
        if not any(_is_due(s, change) for s in known for change in latest):
            return []
        due: list[tuple[StateChange, Channel]] = []
        with self._changing() as subscriptions:
            for place, subscription in enumerate(subscriptions):
                for change in latest:
                    mine = self._is(subscription, change.monitor)
                    if mine and _is_due(subscription, change):
                        subscriptions[place] = replace(subscription, told=change.id)
                        due += [(change, c) for c in subscription.channels if change.is_told]
        return due

    def _mine(self, subscriptions: Sequence[Subscription]) -> list[Subscription]:
        return [s for s in subscriptions if self._is(s, s.monitor)]

    def _is(self, subscription: Subscription, monitor: str) -> bool:
        names = (subscription.root, subscription.store, subscription.monitor)
        return names == (self._root, self._store, monitor)

    @contextmanager
    def _changing(self) -> Iterator[list[Subscription]]:
        """Give all subscriptions to be changed; they are written at the end."""
        from filelock import FileLock, Timeout

        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with FileLock(f"{self._path}.lock", timeout=LOCK_TIMEOUT_S):
                subscriptions = _read(self._path)
                yield subscriptions
                _write(self._path, subscriptions)
        except Timeout:
            raise ConfigError(f"{self._path} is locked by another process.") from None
        except OSError as error:
            raise ConfigError(
                f"{self._path} cannot be written: {error.strerror}.",
                hint="It keeps how you are told of alerts; LLMOPS_CONFIG_DIR moves it.",
            ) from error


def config_folder() -> Path:
    """Return the folder of this user's settings, which may not exist yet."""
    moved = os.environ.get("LLMOPS_CONFIG_DIR")
    if moved:
        return expanded(moved, ConfigError).absolute()
    return Path(platformdirs.user_config_dir("llmops_magics", appauthor=False))


def _is_due(subscription: Subscription, change: StateChange) -> bool:
    same = (subscription.monitor, subscription.rule) == (change.monitor, change.rule)
    return same and change.id > subscription.told


def _read(path: Path) -> list[Subscription]:
    """Return what the file holds; refuse one that somebody else may write."""
    try:
        content = path.read_text(encoding="utf-8")
        status = path.stat()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from error
    if hasattr(os, "getuid") and (
        status.st_uid != os.getuid() or status.st_mode & _WRITABLE_BY_OTHERS
    ):
        raise ConfigError(
            f"{path} may be written by others, and the commands in it are run.",
            hint=f"See what it holds, then: chmod 600 {path}",
        )
    try:
        return [
            Subscription(**{**item, "channels": tuple(Channel(**c) for c in item["channels"])})
            for item in json.loads(content)["subscriptions"]
        ]
    except (ValueError, TypeError, KeyError, AttributeError):
        raise ConfigError(
            f"{path} cannot be read.", hint="Remove it, and add your monitors again."
        ) from None


def _write(path: Path, subscriptions: Sequence[Subscription]) -> None:
    """Put a new file, for its owner alone, in the place of the old one."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".monitors-")  # mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump({"subscriptions": to_jsonable(list(subscriptions))}, stream, indent=1)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
