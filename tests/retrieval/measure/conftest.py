"""Public collections with labels; tests of them are skipped where the data is not here."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def shared_ir() -> Path:
    """Return the folder of public collections, beside the project."""
    for folder in Path(__file__).resolve().parents:
        found = folder / "shared" / "data" / "ir"
        if found.is_dir():
            return found
    pytest.skip("the public collections (shared/data/ir) are not here")
