import pytest

from llmops_magics.errors import PromptError
from llmops_magics.prompts.tag import add_tags, all_tags_of, check_tags, tags_of


def test_the_newest_value_of_a_key_counts(store):
    with store.write() as connection:
        for number, tags in ((1, {"a": "1", "b": ""}), (2, {"a": "2"}), (1, {"a": "3"}), (2, {})):
            add_tags(connection, name="p", number=number, tags=tags, actor="ada")
    with store.glance() as reader:
        assert tags_of(reader, "p", 1) == {"a": "3", "b": ""}
        assert all_tags_of(reader, "p") == {1: {"a": "3", "b": ""}, 2: {"a": "2"}}
        assert tags_of(reader, "q", 1) == {}


@pytest.mark.parametrize(
    "tags", [{"": "x"}, {" ": ""}, {"a=b": ""}, {"x" * 81: ""}, {"a\n": "", "b\nc": ""}]
)
def test_a_key_that_cannot_be_read_back_is_refused(tags):
    with pytest.raises(PromptError, match="no key of a tag"):
        check_tags(tags)


@pytest.mark.parametrize("value", ["x" * 1001, "two\nlines", "\x07"])
def test_a_value_is_a_line(value):
    with pytest.raises(PromptError, match="no line of at most"):
        check_tags({"a": value})


def test_white_space_around_is_dropped():
    assert check_tags({" team ": " north "}) == {"team": "north"}


def test_a_secret_in_a_tag_is_refused(registry):
    with pytest.raises(PromptError, match="openai-key"):
        registry.register("a", "x", tags={"k": "sk-proj-" + "a1B2" * 10})
