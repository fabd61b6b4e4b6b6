"""A store of a test's own."""

from __future__ import annotations

import pytest

from llmops_magics.storage.store import Store


@pytest.fixture
def store(tmp_path):
    opened = Store.open(f"sqlite:///{tmp_path / 'llmops.db'}")
    yield opened
    opened.close()
