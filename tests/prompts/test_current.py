import asyncio

import pytest

from llmops_magics.errors import StoreError
from llmops_magics.prompts import current
from llmops_magics.workspace import Workspace


@pytest.fixture(autouse=True)
def own_clients(monkeypatch):
    monkeypatch.delenv("LLMOPS_STORE", raising=False)
    clients = {}
    monkeypatch.setattr(current, "_BY_FOLDER", clients)
    yield clients
    for client in clients.values():
        client.close()


@pytest.fixture
def places(tmp_path):
    """Two workspaces, each with a prompt ``a`` of its own."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "llmops.toml").touch()
        workspace = Workspace(tmp_path / name)
        workspace.prompts.register("a", f"Prompt {name}")
        workspace.close()
    return tmp_path


def test_each_folder_has_one_client_of_its_own(places, monkeypatch, own_clients):
    for name in ("one", "two", "one"):
        monkeypatch.chdir(places / name)
        assert current.get("a").messages()[0]["content"] == f"Prompt {name}"
        assert asyncio.run(current.aget("a")).source == "cache"
    assert sorted(own_clients) == [str(places / "one"), str(places / "two")]


def test_a_call_says_how_long_it_remembers_and_where_it_falls_back(places, monkeypatch):
    monkeypatch.chdir(places / "one")
    kept = places / "kept.json"
    assert current.get("a", ttl_s=0, fallback=kept).version == 1
    assert kept.exists()


def test_a_folder_without_a_store_says_so(folder):
    with pytest.raises(StoreError, match="there is no store"):
        current.get("a")
