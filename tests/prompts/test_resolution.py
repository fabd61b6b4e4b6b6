import pytest

from llmops_magics.errors import PromptReferenceError
from llmops_magics.prompts.reference import parse_reference
from llmops_magics.prompts.resolution import find, names_of, newest_of


def test_names_are_sorted_and_a_bare_name_is_the_newest(registry, store):
    for number, name in enumerate(("b", "a", "b")):
        registry.register(name, f"text {number}")
    registry.register("away", "x"), registry.archive("away")
    with store.glance() as reader:
        assert names_of(reader) == ["a", "b"]
        assert find(reader, parse_reference("b")) == newest_of(reader, "b") == 2
        assert newest_of(reader, "c") is None


@pytest.mark.parametrize("reference", ["none", "none@1", "none@mine", "none@sha256:00000000"])
def test_a_prompt_that_is_not_there_is_named_by_every_form(registry, reference):
    registry.register("some", "x")
    with pytest.raises(PromptReferenceError, match="no prompt 'none'"):
        registry.get(reference)


def test_a_digest_is_found_by_its_prefix_and_the_newest_of_equals_counts(registry):
    first = registry.register("a", "x")
    registry.register("a", "y"), registry.register("a", "x")
    for digits in (8, 9, 63, 64):
        assert registry.get(f"a@{first.digest[: 7 + digits]}").number == 3
