import pytest

from llmops_magics.errors import PromptError
from llmops_magics.prompts.archiving import (
    ShelfState,
    archived_names,
    record_state,
    refuse_archived,
    refuse_protected,
    state_of,
)


def put(store, name, archived, reason=""):
    with store.write() as connection:
        return record_state(connection, name=name, archived=archived, actor="ada", reason=reason)


def test_the_last_word_counts(store):
    put(store, "a", archived=True, reason="old")
    last = put(store, "a", archived=False)
    kept = put(store, "b", archived=True, reason="not used")
    with store.glance() as reader:
        assert archived_names(reader) == {"b"}
        assert (state_of(reader, "a"), state_of(reader, "b")) == (last, kept)
        assert state_of(reader, "c") is None
    assert kept == ShelfState(True, "ada", kept.at, "not used")


def test_what_is_put_away_is_refused_until_it_is_out_again(store):
    put(store, "a", archived=True)
    with store.glance() as reader:
        refuse_archived(reader, "b")
        with pytest.raises(PromptError, match=r"'a' is archived.*archive a --restore"):
            refuse_archived(reader, "a")
    put(store, "a", archived=False)
    with store.glance() as reader:
        refuse_archived(reader, "a")


def test_a_protected_label_keeps_a_prompt(store):
    refuse_protected("a", {"mine": 3})
    for label in ("staging", "production"):
        with pytest.raises(PromptError, match=f"{label} points to its version 7"):
            refuse_protected("a", {"mine": 3, label: 7})
