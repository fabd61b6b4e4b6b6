import datetime as dt

import pytest

from llmops_magics.errors import PromptSyntaxError
from llmops_magics.prompts.fields import (
    plain,
    read_mapping,
    read_text,
    read_texts,
    whole_numbers,
)


def test_what_is_missing_is_empty():
    assert (read_text({}, "a"), read_texts({"a": None}, "a"), read_mapping({}, "a")) == ("", (), {})


@pytest.mark.parametrize("value", [0, False, 7, {"a": 1}, [1]])
def test_a_list_of_texts_is_nothing_else(value):
    with pytest.raises(PromptSyntaxError, match="no list of texts"):
        read_texts({"a": value}, "a")


def test_plain_copies_json():
    assert plain({1: (1, 2.5, None, True)}, "X") == {"1": [1, 2.5, None, True]}


@pytest.mark.parametrize("value", [dt.date(2024, 1, 1), float("inf"), b"x", {"a": {1}}])
def test_what_is_no_json_is_refused(value):
    with pytest.raises(PromptSyntaxError, match="X holds no JSON"):
        plain(value, "X")


def test_plain_data_has_a_depth():
    ring = []
    ring.append(ring)
    with pytest.raises(PromptSyntaxError, match="50 levels deep"):
        plain(ring, "X")


def test_a_number_has_at_most_4096_bits():
    assert plain([2**4095], "X") == [2**4095]
    for value in (2**4096, [-(2**4096)], {2**4096: 1}, 10**5000):
        with pytest.raises(PromptSyntaxError, match="X holds a number of over 4,096 bits"):
            plain(value, "X")


def test_keys_that_become_the_same_text_are_refused():
    for value in ({1: "a", "1": "b"}, {True: 1, "True": 2}):
        with pytest.raises(PromptSyntaxError, match="two keys that are the same"):
            plain([value], "X")
        with pytest.raises(PromptSyntaxError, match="two keys that are the same"):
            read_mapping({"k": value}, "k")


def test_a_whole_number_has_one_form():
    whole = whole_numbers({"a": [1.0, 1.5, -0.0, True, "1.0"], "b": {"c": 1e22}})
    assert repr(whole) == "{'a': [1, 1.5, 0, True, '1.0'], 'b': {'c': 10000000000000000000000}}"
