import shutil

import pytest

from llmops_magics.errors import PromptReferenceError, StoreError
from llmops_magics.prompts.lookup import Lookup
from llmops_magics.prompts.reader import PromptReader
from llmops_magics.prompts.registry import PromptRegistry

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'llmops.db'}"


@pytest.fixture
def reader(url, tmp_path, monkeypatch):
    monkeypatch.delenv("LLMOPS_MODEL", raising=False)
    reader = PromptReader(tmp_path, url)
    yield reader
    reader.close()


def test_it_reads_a_version_with_what_a_rendering_needs(reader, registry, tmp_path):
    (tmp_path / "llmops.toml").write_text('[models]\ndefault = "acme/big"\n')
    registry.register("a", "Hi {{ name }}")
    registry.label("a", "mine")
    prompt = reader.read("a@mine")
    assert (prompt.ref, prompt.labels, prompt.source) == ("a@1", ("mine",), "store")
    assert prompt.render(name="Ada")["model"] == "big"
    with pytest.raises(PromptReferenceError, match="no label 'other'"):
        reader.read("a@other")


def test_a_store_that_is_not_there_is_named_and_not_made(reader, tmp_path):
    with pytest.raises(StoreError, match="there is no store"):
        reader.read("a")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", ["nonsense", "nosuchbase://host/name"])
def test_an_address_that_is_none_is_a_store_error(url, tmp_path):
    with pytest.raises(StoreError, match="LLMOPS_STORE"):
        PromptReader(tmp_path, url, str(tmp_path)).read("a")


def test_an_image_that_cannot_be_read_is_a_store_error(reader, store, tmp_path):
    lookup = Lookup(version=None, image=lambda _: store.artifacts.put(PNG))
    registry = PromptRegistry(store, actor=lambda: "ada", references=lookup)
    registry.register("a", '{{ image("a.png") }}')
    assert list(reader.read("a").images.values()) == [PNG]
    shutil.rmtree(tmp_path / "artifacts")
    with pytest.raises(StoreError, match="no artifact"):
        reader.read("a")


def test_a_closed_reader_opens_again_and_another_has_opened_nothing(reader, registry):
    registry.register("a", "x")
    reader.read("a")
    other = reader.anew()
    assert other._opened is None
    assert other.read("a") == reader.read("a")
    other.close()
    reader.close()
    assert reader._opened is None
    assert reader.read("a").ref == "a@1"
