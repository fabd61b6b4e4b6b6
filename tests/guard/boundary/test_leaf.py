from __future__ import annotations

import pytest

from llmops_magics.errors import UsageError
from llmops_magics.guard.boundary.leaf import is_readable, leaves, with_texts

VALUE = {"to": ["a", ("b", 3)], "card": 4111111111111111, "yes": True, "none": None}


def test_every_text_has_its_path():
    found = [(leaf.path, leaf.text) for leaf in leaves(VALUE) if not leaf.is_key]
    assert found == [("to[0]", "a"), ("to[1][0]", "b"), ("card", "4111111111111111")]
    assert [leaf.text for leaf in leaves(VALUE) if leaf.is_key] == ["to", "card", "yes", "none"]


def test_the_same_texts_make_the_same_value():
    texts = [leaf.text for leaf in leaves(VALUE)]
    assert with_texts(VALUE, iter(texts)) == VALUE
    changed = ["[card-1]" if text.startswith("4111") else text for text in texts]
    assert with_texts(VALUE, iter(changed))["card"] == "[card-1]"


def test_what_is_too_deep_or_too_much_is_refused():
    deep: list = []
    for _ in range(60):
        deep = [deep, "x"]
    with pytest.raises(UsageError, match="deeper than 50"):
        leaves(deep)
    with pytest.raises(UsageError, match="more than 10000"):
        leaves(["x"] * 10_001)


def test_an_object_is_not_read():
    assert is_readable(VALUE)
    assert not is_readable({"a": [object()]})
