import pytest

from llmops_magics.errors import PromptReferenceError
from llmops_magics.prompts.graph import edges_of
from llmops_magics.prompts.version import Inclusion


def inclusion(name, *includes):
    return Inclusion(reference=name, name=name, digest=f"d-{name}", content="", includes=includes)


def told(found):
    return [(d.name, d.number, d.included, d.through, d.is_behind) for d in found.dependents]


def test_edges_go_through_others():
    tree = (inclusion("a", inclusion("b", inclusion("c"))), inclusion("c"))
    assert list(edges_of(tree)) == [
        ("a", "d-a", ()),
        ("b", "d-b", ("a",)),
        ("c", "d-c", ("a", "b")),
        ("c", "d-c", ()),
    ]


def test_live_versions_that_hold_a_prompt_are_told_and_whether_they_are_behind(registry):
    registry.register("policy", "Be kind.")
    registry.register("tone", '{% include "policy" %} Softly.')
    registry.register("answer", '{% include "tone" %} {{ q }}')
    assert told(registry.dependents("policy")) == [
        ("answer", 1, 1, ("tone",), False),
        ("tone", 1, 1, (), False),
    ]
    registry.register("policy", "Be brief.")
    registry.register("tone", '{% include "policy" %} Loudly.')
    assert told(registry.dependents("policy")) == [
        ("answer", 1, 1, ("tone",), True),
        ("tone", 2, 2, (), False),  # its first version is not live any more
    ]
    registry.label("tone@1", "old")
    labelled = [d for d in registry.dependents("policy").dependents if d.number == 1]
    assert [(d.name, d.labels, d.is_behind) for d in labelled] == [
        ("answer", (), True),
        ("tone", ("old",), True),
    ]


def test_text_that_came_back_is_not_behind(registry):
    for text in ("one", "two", "one"):
        registry.register("policy", text)
    registry.register("a", '{% include "policy@1" %}!')
    assert told(registry.dependents("policy")) == [("a", 1, 3, (), False)]


def test_archived_prompts_depend_on_nothing(registry):
    registry.register("policy", "x")
    registry.register("a", '{% include "policy" %}!')
    registry.archive("a")
    assert registry.dependents("policy").dependents == ()
    with pytest.raises(PromptReferenceError, match="no prompt"):
        registry.dependents("none")
