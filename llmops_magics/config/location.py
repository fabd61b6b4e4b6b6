"""Where a workspace is. Apart from the settings, so that loading the magics parses nothing."""

from __future__ import annotations

from pathlib import Path

FILE_NAME = "llmops.toml"
STATE_FOLDER = ".llmops"


def find_root(start: Path) -> Path:
    """Return the nearest folder upwards with ``llmops.toml``, else ``start`` itself."""
    start = start.resolve()
    return next((p for p in (start, *start.parents) if (p / FILE_NAME).is_file()), start)


def default_store_url(root: Path) -> str:
    """Return where a workspace's store is when neither its file nor the environment says so."""
    return f"sqlite:///{root / STATE_FOLDER / 'llmops.db'}"
