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
        ("parallel_tool_calls", "yes"),
        ("logprobs", 1),
        ("top_logprobs", 21),
        ("tool_choice", 7),
        ("service_tier", ""),
        ("service_tier", "as fast as you can"),
        ("tools", "find"),
        ("logit_bias", {}),
    ],
)
def test_a_value_that_cannot_be_is_refused(name, value):
    with pytest.raises(PromptSyntaxError, match=name):
        check_settings({name: value})


def test_the_names_of_prompty_files_become_those_of_openai():
    assert check_settings({"topP": 1.0, "maxOutputTokens": 9, "stopSequences": ["a"]}) == {
        "top_p": 1,
        "max_completion_tokens": 9,
        "stop": ["a"],
    }
    with pytest.raises(PromptSyntaxError, match=r"'top_p' is given twice"):
        check_settings({"top_p": 1, "topP": 1})


def test_what_was_checked_passes_again():
    settings = check_settings(
        {"tools": [{"name": "find"}], "tool_choice": "find", "response_format": {"type": "object"}}
    )
    assert check_settings(settings) == settings
