from __future__ import annotations

import sys
from pathlib import Path

import pytest

from llmops_magics.storage.store import Store

sys.path.append(str(Path(__file__).parent))


@pytest.fixture
def store(tmp_path):
    opened = Store.open(f"sqlite:///{tmp_path}/llmops.db", str(tmp_path / "artifacts"))
    yield opened
    opened.close()
