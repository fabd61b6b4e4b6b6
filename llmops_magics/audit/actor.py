"""Who acts, as the audit trail names them."""

from __future__ import annotations

import getpass
import os


def current_actor() -> str:
    """Return ``LLMOPS_ACTOR``, else the operating system's user: an assertion, not a proof."""
    if name := os.environ.get("LLMOPS_ACTOR"):
        return name
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return f"uid {os.getuid()}"
