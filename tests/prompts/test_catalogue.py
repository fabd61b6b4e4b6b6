from llmops_magics.prompts.registry import PromptRegistry


def test_each_prompt_is_listed_once_by_its_newest_version(registry, store):
    registry.register("b", "one", message="first")
    registry.label("b", "mine")
    registry.register("b", "---\ndescription: Answers\n---\ntwo", message="second")
    registry.register("a", "x")
    listed = PromptRegistry(store, actor=lambda: "bob").list()
    assert [(p.name, p.number) for p in listed.prompts] == [("a", 1), ("b", 2)]
    newest = listed.prompts[1]
    assert (newest.description, newest.message, newest.author) == ("Answers", "second", "ada")
    assert newest.labels == {"mine": 1}
    assert newest.digest == registry.get("b").digest


def test_an_empty_store_has_an_empty_list(registry):
    assert registry.list().prompts == ()
    assert list(registry.names()) == []
    assert registry.list().to_pandas().shape == (0, 9)
