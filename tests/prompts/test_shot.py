import pytest

from llmops_magics.errors import RenderError
from llmops_magics.prompts.content import PromptContent
from llmops_magics.prompts.render import render_prompt, variables_of
from llmops_magics.prompts.version import Example, Examples, Message

CASES = (
    Example(inputs={"q": "1+1"}, expected="2"),
    Example(inputs={"q": "list"}, expected={"a": ["é"]}),
)


def content(*messages, **parts):
    return PromptContent(
        messages=tuple(Message(role=role, content=text) for role, text in messages),
        examples=Examples(cases=CASES, **parts),
    )


def shown(prompt, **variables):
    return [(m["role"], m["content"]) for m in render_prompt(prompt, variables)]


def test_examples_stand_before_the_last_user_message():
    prompt = content(("system", "Answer."), ("user", "Q: {{ q }}"))
    assert shown(prompt, q="2+2") == [
        ("system", "Answer."),
        ("user", "Q: 1+1"),
        ("assistant", "2"),
        ("user", "Q: list"),
        ("assistant", '{"a": ["é"]}'),
        ("user", "Q: 2+2"),
    ]


def test_examples_may_have_templates_of_their_own():
    prompt = content(
        ("user", "{{ q }}{{ x }}"), user="<{{ q }}>", assistant="{{ expected|tojson }}!"
    )
    assert shown(prompt, q="a", x="b") == [
        ("user", "<1+1>"),
        ("assistant", '"2"!'),
        ("user", "<list>"),
        ("assistant", '{"a": ["\\u00e9"]}!'),
        ("user", "ab"),
    ]


def test_a_message_may_write_the_examples_itself():
    prompt = content(
        ("user", "{% for e in examples %}{{ e.q }}={{ e.expected }};{% endfor %}{{ q }}")
    )
    assert variables_of(prompt) == ("q",)
    assert shown(prompt, q="?") == [("user", "1+1=2;list={'a': ['é']};?")]


def test_examples_need_a_user_message():
    with pytest.raises(RenderError, match="no user message"):
        shown(content(("system", "a")))


def test_an_error_names_the_example():
    with pytest.raises(RenderError, match="user message of example 1 reads it"):
        shown(content(("user", "{{ other }}")), other="x")
