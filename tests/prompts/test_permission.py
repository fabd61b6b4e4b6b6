"""The registry asks before a change, and a refusal leaves no trace but its own."""

from __future__ import annotations

import pytest

from llmops_magics.audit.trail import events
from llmops_magics.errors import AccessDeniedError
from llmops_magics.prompts.registry import PromptRegistry


class Book:
    """Refuses what is in it, and keeps what it was asked and what it refused."""

    def __init__(self, *refused):
        self.refused, self.asked, self.kept = set(refused), [], []

    def check(self, action, prompt, *, label="", author=""):
        self.asked.append((action, prompt, label, author))
        if action in self.refused:
            raise AccessDeniedError(f"{action} is refused.")

    def record(self, refusal):
        self.kept.append(str(refusal))


@pytest.fixture
def guarded(store):
    def open_registry(*refused):
        book = Book(*refused)
        return PromptRegistry(store, actor=lambda: "ada", permission=book), book

    return open_registry


def actions(store):
    with store.read() as connection:
        return [event.action for event in events(connection)]


def test_a_new_version_asks_and_an_old_one_does_not(guarded):
    registry, book = guarded()
    registry.register("a", "one")
    registry.register("a", "one")
    assert book.asked == [("edit_prompt", "a", "", "")]
    registry.register("a", "one", tags={"owner": "ada"})
    assert len(book.asked) == 2


def test_a_refused_version_is_not_there_and_the_refusal_is_kept_once(guarded, store):
    registry, book = guarded("edit_prompt")
    with pytest.raises(AccessDeniedError):
        registry.register("a", "one")
    assert registry.names() == []
    assert actions(store) == []
    assert book.kept == ["edit_prompt is refused."]


def test_what_is_there_can_be_registered_by_anybody(guarded):
    guarded()[0].register("a", "one")
    registry, _ = guarded("edit_prompt")
    assert registry.register("a", "one").outcome == "unchanged"
    with pytest.raises(AccessDeniedError):
        registry.register("a", "one", tags={"owner": "eve"})
    with pytest.raises(AccessDeniedError):
        registry.archive("a")


def test_labels_are_asked_for_with_whose_version_it_is(guarded, store):
    registry, book = guarded()
    registry.register("a", "one"), registry.register("a", "two")
    registry.label("a@1", "candidate"), registry.label("a@2", "candidate")
    assert book.asked[-1] == ("label_prompt", "a", "candidate", "ada")
    asked = len(book.asked)
    registry.label("a@2", "candidate")  # there already
    assert len(book.asked) == asked
    refusing, refused = guarded("label_prompt")
    for change in (
        lambda: refusing.label("a@1", "candidate"),
        lambda: refusing.label("a@1", "candidate", force=True, reason="now"),
        lambda: refusing.rollback("a", "candidate"),
    ):
        with pytest.raises(AccessDeniedError):
            change()
    assert len(refused.kept) == 3
    assert registry.get("a@candidate").number == 2


def test_images_do_not_lose_the_permission(guarded):
    registry, _ = guarded("edit_prompt")
    with pytest.raises(AccessDeniedError):
        registry.with_images(lambda name: name).register("a", "one")
