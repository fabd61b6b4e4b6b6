from llmops_magics.prompts.reference import Reference
from llmops_magics.prompts.resolution import find, names_of


def test_names_are_sorted_and_a_bare_name_is_the_newest(registry, store):
    for name in ("b", "a", "b"):
        registry.register(name, f"text {len(registry.list())}")
    with store.read() as connection:
        assert names_of(connection) == ["a", "b"]
        assert find(connection, Reference(name="b")).number == 2
