from __future__ import annotations

import pytest

from llmops_magics.storage.store import Store


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/.llmops/llmops.db"


@pytest.fixture
def store(url):
    opened = Store.open(url)
    yield opened
    opened.close()
