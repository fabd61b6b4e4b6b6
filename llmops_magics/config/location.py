"""Where a workspace is. Apart from the settings, so that loading the magics parses nothing."""

from __future__ import annotations

from pathlib import Path

FILE_NAME = "llmops.toml"


def find_root(start: Path) -> Path:
    """Return the nearest folder upwards with ``llmops.toml``, else ``start`` itself."""
    start = start.resolve()
    return next((p for p in (start, *start.parents) if (p / FILE_NAME).is_file()), start)
