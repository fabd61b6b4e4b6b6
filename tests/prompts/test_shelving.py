import pytest

from llmops_magics.audit import trail
from llmops_magics.errors import PromptError, PromptReferenceError
from llmops_magics.prompts import label


def test_an_archived_prompt_is_out_of_sight_and_still_there(registry):
    registry.register("a", "x"), registry.label("a", "mine"), registry.register("b", "y")
    archive = registry.archive("a", reason="not used")
    assert (archive.archived, archive.changed, archive.actor) == (True, True, "ada")
    assert list(registry.names()) == ["b"]
    assert [p.name for p in registry.list().prompts] == ["b"]
    assert [(p.name, p.archived) for p in registry.list(archived=True).prompts] == [
        ("a", True),
        ("b", False),
    ]
    assert registry.get("a@mine").number == 1
    assert registry.log("a").total == 1


def test_nothing_of_an_archived_prompt_changes_until_it_is_restored(registry):
    for text in ("x", "y"):
        registry.register("a", text), registry.label("a", "mine")
    registry.archive("a")
    for change in (
        lambda: registry.register("a", "z"),
        lambda: registry.register("a", "y", tags={"k": "v"}),
        lambda: registry.preview("a", "z"),
        lambda: registry.label("a@1", "mine"),
        lambda: registry.rollback("a", "mine"),
    ):
        with pytest.raises(PromptError, match=r"archived.*--restore"):
            change()
    assert registry.archive("a", restore=True).archived is False
    assert registry.register("a", "z").number == 3


def test_doing_it_twice_writes_once_and_tells_of_the_first_time(registry, store):
    registry.register("a", "x")
    assert registry.archive("a", restore=True).changed is False
    first = registry.archive("a", reason="old")
    again = registry.archive("a", reason="older")
    assert (again.changed, again.at, again.reason) == (False, first.at, "old")
    registry.archive("a", restore=True)
    with store.read() as connection:
        assert [e.action for e in trail.events(connection)] == [
            "prompt.register",
            "prompt.archive",
            "prompt.restore",
        ]


@pytest.mark.parametrize("protected", ["staging", "production"])
def test_what_was_released_is_not_put_away(registry, store, protected):
    registry.register("a", "x")
    with store.write() as connection:
        label.move(connection, name="a", label=protected, number=1, actor="gate")
    with pytest.raises(PromptError, match=f"{protected} points to its version 1"):
        registry.archive("a")


def test_who_goes_on_including_it_is_told(registry):
    registry.register("policy", "x")
    registry.register("a", '{% include "policy" %}!')
    assert registry.archive("policy").dependents == ("a@1",)


def test_what_is_not_there_cannot_be_put_away(registry):
    for name in ("none", "../x", "a@1"):
        with pytest.raises(PromptReferenceError):
            registry.archive(name)
