from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from llmops_magics.datasets.loader import load
from llmops_magics.datasets.registry import Commit, DatasetRegistry
from llmops_magics.errors import ArtifactError, DatasetError
from llmops_magics.storage.table import audit_event, dataset_content, dataset_version


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


EXPLICIT = Commit(is_explicit=True)


def rows(text, name="mine"):
    return load([{"q": text}], name)


def test_a_name_numbers_what_it_has_meant(store):
    registry = DatasetRegistry(store, actor=lambda: "ada")
    assert [registry.register(rows(text)).number for text in "xyx"] == [1, 2, 1]
    assert registry.get("mine") == rows("y")
    assert registry.register(rows("x"), EXPLICIT).number == 3
    assert (registry.get("mine"), registry.get("mine@2")) == (rows("x"), rows("y"))
    assert registry.register(rows("x"), EXPLICIT).number == 3
    with pytest.raises(DatasetError, match=r"mine has no version 9\. Its newest is mine@3"):
        registry.get("mine@9")


def test_an_old_version_that_is_used_again_makes_no_new_one(store):
    registry = DatasetRegistry(store)
    for text in "xy":
        registry.register(rows(text))
    assert registry.resolve("mine@1").number == 1
    assert len(registry.versions("mine")) == 2


def test_the_same_cases_under_two_names_are_kept_once(store):
    registry = DatasetRegistry(store)
    one, other = registry.register(rows("x", "a")), registry.register(rows("x", "b"))
    assert (one.digest, registry.names()) == (other.digest, ["a", "b"])
    assert registry.get(one.digest).name == "a"
    assert registry.get(f"b@{one.digest[:20]}").ref == "b@1"
    with store.read() as connection:
        assert len(connection.execute(select(dataset_content)).all()) == 1


def test_a_frozen_name_does_not_grow(store):
    registry = DatasetRegistry(store, actor=lambda: "ada")
    registry.register(rows("x"))
    assert registry.freeze("mine", reason="release").changed
    assert not registry.freeze("mine").changed
    for commit in (EXPLICIT, Commit()):
        with pytest.raises(DatasetError, match=r"frozen at @1 by ada \(release\)"):
            registry.register(rows("y"), commit)
    assert registry.register(rows("x")).number == 1
    with pytest.raises(DatasetError, match="only with a reason"):
        registry.freeze("mine", frozen=False)
    registry.freeze("mine", frozen=False, reason="more cases")
    assert registry.register(rows("y")).number == 2
    with pytest.raises(DatasetError, match="not the newest"):
        registry.freeze("mine@1")


def test_every_change_is_audited_without_a_case(store):
    registry = DatasetRegistry(store, actor=lambda: "ada")
    registry.register(rows("the secret question"), Commit(message="mail ada@example.org"))
    registry.freeze("mine", reason="call ada@example.org")
    with store.read() as connection:
        events = connection.execute(select(audit_event).order_by(audit_event.c.seq)).all()
    assert [e.action for e in events] == ["dataset.register", "dataset.freeze"]
    assert events[0].body["number"] == 1
    assert "secret" not in str(events)
    assert "@example.org" not in str(events)


def test_writers_at_once_number_without_gap_and_lose_nothing(store):
    registry = DatasetRegistry(store)
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda n: registry.register(rows(str(n % 10))).number, range(40)))
    assert sorted(set(made)) == list(range(1, 11))
    assert len(registry.versions("mine")) == 10


def test_a_change_on_what_another_has_changed_is_refused(store):
    registry = DatasetRegistry(store)
    registry.register(rows("x"))
    registry.register(rows("y"))
    with pytest.raises(DatasetError, match="has become @2 meanwhile"):
        registry.register(rows("z"), Commit(is_explicit=True, expected_base=1))


@pytest.mark.parametrize("name", ["", " a", "a@1", "-x", "a.csv", "a\nb", "x" * 201])
def test_a_name_that_no_reference_could_mean_is_refused(store, name):
    with pytest.raises(DatasetError, match="cannot be a dataset's name"):
        DatasetRegistry(store).register(
            load([{"q": 1}]).__class__(name=name, digest="sha256:0", cases=(), columns=()), EXPLICIT
        )
