"""Lets the tests of reviews import a stored run, and gives each a store."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1]))

from llmops_magics.storage.store import Store


@pytest.fixture
def store(tmp_path):
    opened = Store.open(f"sqlite:///{tmp_path / 'llmops.db'}")
    yield opened
    opened.close()
