import pytest

from llmops_magics.errors import PromptSyntaxError
from llmops_magics.prompts.change_test import read_tests
from llmops_magics.prompts.version import ChangeTest


def test_one_test_may_stand_without_a_list():
    test = {"data": "a.jsonl", "rules": "exact >= 0.8", "scorers": ["exact"], "model": "local/x"}
    wanted = ChangeTest(
        data="a.jsonl", rules=("exact >= 0.8",), scorers=("exact",), model="local/x"
    )
    assert read_tests(test) == read_tests([test]) == (wanted,)
    assert read_tests(None) == ()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("exact >= 1", "Test 1 under `tests` is a str"),
        ({"rules": ["a"]}, "no `data`"),
        ({"data": "d"}, "no `rules`"),
        ({"data": "d", "rules": [" "]}, "no `rules`"),
        ({"data": "d", "rules": [1]}, "no list of texts"),
        ({"data": "d", "rules": "r", "scorer": "x"}, "mean 'scorers'"),
        ({"data": "d", "rules": ["r"] * 51}, "51 rules"),
        ([{"data": "d", "rules": "r"}] * 21, "21 tests"),
    ],
)
def test_a_bad_test_is_refused(value, message):
    with pytest.raises(PromptSyntaxError, match=message):
        read_tests(value)
