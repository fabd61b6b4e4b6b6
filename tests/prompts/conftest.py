import pytest

from llmops_magics.prompts.registry import PromptRegistry
from llmops_magics.storage.store import Store


@pytest.fixture
def store(tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 'llmops.db'}")
    yield store
    store.close()


@pytest.fixture
def registry(store):
    return PromptRegistry(store, actor=lambda: "ada")
