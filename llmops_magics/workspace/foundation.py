"""What the rest of a workspace stands on: its folder, its settings and its store."""

from __future__ import annotations

import threading
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from llmops_magics.config.location import default_store_url

if TYPE_CHECKING:
    from llmops_magics.config.settings import Settings
    from llmops_magics.storage.store import Store


class Foundation:
    """The folder ``root``; settings and store are opened when they are first asked for."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._opening = threading.Lock()
        self._store: Store | None = None

    @cached_property
    def settings(self) -> Settings:
        """What ``llmops.toml`` and the environment say."""
        from llmops_magics.config.settings import load_settings

        return load_settings(self.root)

    @property
    def store(self) -> Store:
        """The database and artifacts, created or migrated."""
        with self._opening:  # the thread that writes spans may be first
            if self._store is None:
                from llmops_magics.audit.trail import SEALED
                from llmops_magics.storage.store import Store

                settings = self.settings.store
                self._store = Store.open(
                    settings.url or default_store_url(self.root), settings.artifacts
                )
                self._store.options[SEALED] = self.settings.audit.actors == "sealed"
            return self._store

    def open_store(self) -> Store:
        """Return the store, for what may need it later."""
        return self.store

    @property
    def is_redacted(self) -> bool:
        """Whether what is shown is masked."""
        return self.settings.trace.capture != "full"

    def close(self) -> None:
        """Close connections; the next use opens them again."""
        if self._store is not None:
            self._store.close()
