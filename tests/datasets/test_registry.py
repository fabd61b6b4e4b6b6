from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from llmops_magics.datasets.loader import load
from llmops_magics.datasets.registry import DatasetRegistry
from llmops_magics.errors import ArtifactError, DatasetError
from llmops_magics.storage.store import Store
from llmops_magics.storage.table import dataset_version


@pytest.fixture
def store(tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 'llmops.db'}")
    yield store
    store.close()


def test_what_is_kept_comes_back(store):
    rows = [{"q": "a\u2028\r\nb", "n": [1, None], "tags": "x", "metadata": {"m": 1}}, {"q": 2.5}]
    registry = DatasetRegistry(store)
    dataset = registry.register(load(rows, "mine"))
    assert registry.get("mine") == registry.get(dataset.digest[:15]) == dataset


def test_a_name_means_its_newest_cases(store):
    registry = DatasetRegistry(store)
    for text in ("x", "y"):
        newest = registry.register(load([{"q": text}], "mine"))
    assert registry.get("mine") == newest


def test_registering_at_once_keeps_one(store):
    dataset = load([{"q": "x"}])
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: DatasetRegistry(store).register(dataset), range(16)))
    with store.read() as connection:
        assert connection.execute(select(func.count()).select_from(dataset_version)).scalar() == 1


def test_an_unknown_dataset_says_which_there_are(store):
    DatasetRegistry(store).register(load([{"q": "x"}], "mine"))
    with pytest.raises(DatasetError, match="one of these: mine"):
        DatasetRegistry(store).get("yours")


def test_changed_cases_are_noticed(store, tmp_path):
    dataset = DatasetRegistry(store).register(load([{"q": "x"}]))
    for path in (tmp_path / "artifacts").rglob("*"):
        if path.is_file():
            path.chmod(0o600)
            path.write_bytes(b"{}\n")
    with pytest.raises(ArtifactError):
        DatasetRegistry(store).get(dataset.digest)


def test_a_source_is_a_file_rows_or_a_reference(store, tmp_path):
    datasets = DatasetRegistry(store, actor=lambda: "ada")
    path = tmp_path / "geo.jsonl"
    path.write_text('{"id": "fr", "country": "France"}\n')
    from_file = datasets.resolve(str(path))
    assert from_file.name == "geo"
    assert datasets.resolve("geo").digest == from_file.digest
    assert datasets.resolve(f"anything@{from_file.digest[:20]}").digest == from_file.digest
    assert datasets.resolve([{"id": "fr", "country": "France"}]).digest == from_file.digest
    assert datasets.resolve(from_file) is from_file


def test_a_text_that_is_neither_file_nor_dataset_is_refused(store):
    datasets = DatasetRegistry(store, actor=lambda: "ada")
    with pytest.raises(DatasetError, match="There is no dataset 'nope'"):
        datasets.resolve("nope")
    with pytest.raises(DatasetError, match="is not there"):
        datasets.resolve("nope.csv")
