"""Where the embedded models keep files: one folder of the user's, outside every workspace.

``LLMOPS_CACHE_DIR`` moves all of it, ``LLMOPS_MODEL_DIR`` only the weights.
"""

from __future__ import annotations

import os
import platform
from pathlib import Path

import platformdirs

from llmops_magics.config.home import expanded
from llmops_magics.errors import ConfigError


def cache_folder() -> Path:
    """Return the user's cache folder of this package, which may not exist yet."""
    moved = os.environ.get("LLMOPS_CACHE_DIR")
    if moved:
        return expanded(moved, ConfigError).absolute()
    return Path(platformdirs.user_cache_dir("llmops_magics", appauthor=False))


def given_model_folder() -> Path | None:
    """Return the folder of files that were fetched by other means, if the user names one."""
    given = os.environ.get("LLMOPS_MODEL_DIR")
    return expanded(given, ConfigError).absolute() if given else None


def model_folder() -> Path:
    """Return the folder the weights are in, or would be pulled into."""
    return given_model_folder() or cache_folder() / "models"


def server_folder() -> Path:
    """Return the folder of this machine's servers: a home folder may be shared by several."""
    return cache_folder() / "server" / (platform.node() or "localhost")
