import pytest

from llmops_magics.errors import PromptSyntaxError
from llmops_magics.prompts.settings import check_settings


def test_equal_numbers_have_one_form():
    settings = check_settings({"temperature": 1.0, "stop": ("a", "b")})
    assert repr(settings) == "{'temperature': 1, 'stop': ['a', 'b']}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", float("nan")),
        ("temperature", "0"),
        ("top_p", 1.1),
        ("seed", 1.5),
        ("stop", []),
        ("stop", list("abcde")),
        ("response_format", "json"),
        ("max_tokens", 0),
        ("response_format", {"type": "json_schema", "x": object()}),
    ],
)
def test_a_value_that_cannot_be_is_refused(name, value):
    with pytest.raises(PromptSyntaxError, match=name):
        check_settings({name: value})
