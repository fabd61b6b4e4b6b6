from dataclasses import replace

import pytest

from llmops_magics.prompts import loading
from llmops_magics.prompts.loading import VersionCache, load_all


def test_a_version_is_read_once_and_labels_are_put_on_anew(registry, store, monkeypatch):
    registry.register("a", "x")
    assert registry.get("a").labels == ()
    monkeypatch.setattr(loading, "build", None)  # whoever reads a row again fails
    registry.label("a", "mine")
    assert registry.get("a").labels == ("mine",)
    registry.register("a", "y", label="mine")
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
        cache.keep(replace(version, number=number))
        cache.keep(replace(version, number=number))
    assert [number for _, number in cache._kept] == [3, 4, 5]
    assert cache._chars == 30
