from __future__ import annotations

import sys
from pathlib import Path

import pytest

from llmops_magics.storage.store import Store

sys.path.insert(0, str(Path(__file__).parent))  # for budget_calls.py


@pytest.fixture
def store(tmp_path):
    opened = Store.open(f"sqlite:///{tmp_path}/.llmops/llmops.db")
    yield opened
    opened.close()
