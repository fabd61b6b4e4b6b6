from __future__ import annotations

import pytest

from llmops_magics.audit.trail import append
from llmops_magics.storage.store import Store


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    """Keep the keys of one test from the next."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv("LLMOPS_AUDIT_KEY", raising=False)


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/llmops.db"


@pytest.fixture
def store(url):
    opened = Store.open(url)
    yield opened
    opened.close()


@pytest.fixture
def add():
    """``add(store, count)`` appends events and returns the last."""

    def run(store, count=1, *, actor="jo", **body):
        with store.write() as connection:
            for number in range(count):
                event = append(
                    connection, actor=actor, action="test", resource=f"a@{number}", body=body
                )
        return event

    return run
