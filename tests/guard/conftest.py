"""Lets the tests of the guard import what stands beside them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from llmops_magics.workspace import Workspace

sys.path.append(str(Path(__file__).parent))


@pytest.fixture
def guarded(folder):
    """``guarded(toml)`` opens a workspace with these settings."""
    opened = []

    def start(settings):
        (folder / "llmops.toml").write_text(settings)
        opened.append(Workspace(folder))
        return opened[-1]

    yield start
    for each in opened:
        each.close()
