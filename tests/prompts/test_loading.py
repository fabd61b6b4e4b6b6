from dataclasses import replace

import pytest
from sqlalchemy import text, update

from llmops_magics.errors import StoreError
from llmops_magics.prompts import loading
from llmops_magics.prompts.content import PromptContent
from llmops_magics.prompts.loading import VersionCache, load_all
from llmops_magics.prompts.registry import PromptRegistry
from llmops_magics.prompts.version import Message
from llmops_magics.storage.store import Store
from llmops_magics.storage.table import prompt_version


def test_a_version_is_read_once_and_labels_are_put_on_anew(registry, store, monkeypatch):
    registry.register("a", "x")
    assert registry.get("a").labels == ()
    monkeypatch.setattr(loading, "build", None)  # whoever reads a row again fails
    registry.label("a", "mine")
    assert registry.get("a").labels == ("mine",)
    registry.register("a", "y")
    registry.label("a", "mine")
    assert registry.get("a@1").labels == ()


def test_a_version_that_is_not_there_is_none(registry, store):
    registry.register("a", "x")
    with store.glance() as reader:
        assert VersionCache().load(reader, "a", 2) is None
        assert [v.number for v in load_all(reader, "a")] == [1]


@pytest.mark.parametrize(("limit", "value"), [("MAX_KEPT", 3), ("MAX_KEPT_CHARS", 30)])
def test_what_was_used_first_goes_first(registry, monkeypatch, limit, value):
    monkeypatch.setattr(loading, limit, value)
    version = registry.register("a", "0123456789")
    cache = VersionCache()
    for number in range(1, 6):
        cache.keep(replace(version, number=number), "file")
        cache.keep(replace(version, number=number), "file")
    assert [number for *_, number in cache._kept] == [3, 4, 5]
    assert cache._chars == 30


RICH = """---
settings: {temperature: 0, stop: [x]}
inputs: {q: {type: string, default: a}}
sample: {q: s}
examples: {cases: [{q: x, expected: {tone: kind}}]}
---
{{ q }}
"""


def spoil(version):
    version.settings["temperature"] = 1
    version.settings["stop"].append("y")
    version.inputs["q"]["default"] = "b"
    version.sample["more"] = 1
    version.images["a.png"] = "sha256:0"
    version.tags["k"] = "v"
    version.examples.cases[0].inputs["q"] = "y"
    version.examples.cases[0].expected["tone"] = "rude"


def test_who_changes_a_version_changes_nobody_elses(registry):
    made = registry.register("a", RICH)
    whole = made.to_dict()
    registry.label("a", "mine", guard=lambda version: spoil(version) or "")
    for version in (made, registry.get("a"), registry.get("a@mine"), registry.versions("a")[0]):
        spoil(version)
    read = registry.get("a", with_diff=True)
    changed = {"labels": ["mine"], "is_new": False, "outcome": ""}
    assert read.to_dict() == whole | changed
    assert PromptContent.of(read).digest == read.digest
    assert registry.preview("a", "", start="a").settings == {"temperature": 0, "stop": ["x"]}


def change_row(store, **values):
    """Do what the triggers refuse, as somebody with the file in hand can."""
    with store.write() as connection:
        connection.execute(text("DROP TRIGGER IF EXISTS prompt_version_no_update"))
        connection.execute(update(prompt_version).values(**values))


GOOD = {"description": "", "sample": {}, "variables": []}


@pytest.mark.parametrize(
    "details",
    [[], "x", {}, *({**GOOD, key: 7} for key in GOOD), {**GOOD, "variables": [7]}],
    ids=str,
)
def test_damaged_details_are_a_store_error(registry, store, details):
    registry.register("a", "x")
    change_row(store, details=details)
    fresh = PromptRegistry(store, actor=lambda: "ada")
    for look in (lambda: fresh.get("a"), lambda: fresh.versions("a"), fresh.list):
        with pytest.raises(StoreError, match=r"a@1 is damaged: its details"):
            look()


def test_details_that_are_no_json_are_a_store_error(registry, store):
    registry.register("a", "x")
    with store.write() as connection:
        connection.execute(text("DROP TRIGGER IF EXISTS prompt_version_no_update"))
        connection.execute(text("UPDATE prompt_version SET details = '{'"))
    with pytest.raises(StoreError, match="damaged"):
        PromptRegistry(store, actor=lambda: "ada").get("a")


def test_an_old_row_whose_template_is_refused_today_is_read(registry, store):
    registry.register("a", "x"), registry.register("b", "{{ q }}")
    old = PromptContent(messages=(Message(role="user", content="{% if %} {{ q }}"),))
    change_row(
        store,
        content=old.to_json(),
        digest=old.digest,
        details=None,
        source="---\nno: key\n---\n{% if %} {{ q }}",
    )
    fresh = PromptRegistry(store, actor=lambda: "ada")
    version = fresh.get("a")
    assert (version.messages, version.variables, version.sample) == (old.messages, (), {})
    assert fresh.versions("a") == (version,)
    assert fresh.diff("a", "b").changes == ()


def test_a_lock_that_was_held_at_the_fork_is_free_in_the_child(registry, in_child):
    registry.register("a", "x")
    fresh = PromptRegistry(registry._store, actor=lambda: "ada")
    with fresh._versions._lock:
        assert in_child(lambda: fresh.get("a").ref == "a@1")
    fresh._versions._chars = 7  # as if a thread had been in the middle of counting
    assert in_child(lambda: fresh._versions._chars == 0)


def test_a_version_of_a_database_that_was_replaced_is_not_taken_for_the_new_ones(
    registry, store, tmp_path
):
    registry.register("a", "old")
    assert registry.get("a@1").messages[0].content == "old"
    other = Store.open(f"sqlite:///{tmp_path / 'other' / 'llmops.db'}")
    PromptRegistry(other, actor=lambda: "bob").register("a", "new")
    other.close()
    (tmp_path / "other" / "llmops.db").replace(tmp_path / "llmops.db")
    for rest in ("llmops.db-wal", "llmops.db-shm"):
        (tmp_path / rest).unlink(missing_ok=True)
    assert registry.get("a@1").messages[0].content == "new"
    assert registry.register("a", "newer").number == 2
