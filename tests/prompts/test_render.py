import datetime as dt
import threading

import pytest

from llmops_magics.errors import RenderError
from llmops_magics.prompts.content import PromptContent
from llmops_magics.prompts.render import render_prompt, variables_of
from llmops_magics.prompts.version import Message


def text(template, **variables):
    prompt = PromptContent(messages=(Message(role="user", content=template),))
    return render_prompt(prompt, variables)[0]["content"]


def test_render_gives_messages_for_the_chat_api():
    messages = (
        Message(role="system", content="Be {{ tone }}."),
        Message(role="user", content="{% for d in docs %}\n- {{ d.title }}\n{% endfor %}\nDone"),
    )
    prompt = PromptContent(messages=messages)
    docs = [{"title": "a"}, {"title": "b"}]
    assert render_prompt(prompt, {"tone": "brief", "docs": docs, "unused": object()}) == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "- a\n- b\nDone"},
    ]


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ a ~ 1 ~ 'x' }}", "21x"),
        ("{{ a * 3 }} {{ 'ab' * 2 }} {{ 2 ** 10 }}", "6 abab 1024"),
        ("{{ docs|map('upper')|join(', ') }}", "A, B"),
        ("{{ docs|map('upper') }}", "['A', 'B']"),
        ("{{ '%s-%03d' % ('x', 7) }} {{ '%(k)s' % {'k': 1} }}", "x-007 1"),
        ("{{ '{:>5}|{x}'.format(a, x=1) }}", "    2|1"),
        ("{% for d in docs if d != 'a' %}{{ loop.index }}{{ d }}{% endfor %}", "1b"),
        ("{% macro m(x) %}<{{ x }}>{% endmacro %}{{ m(a) }}", "<2>"),
        ("{% set s = namespace(n=0) %}{% for d in docs %}{%set s.n = 2 %}{% endfor %}{{s.n}}", "2"),
        ("{{ '<b>' }} {{ '<b>'|e }}", "<b> &lt;b&gt;"),
        ("{{ missing|default('none') }}{{ 'y' if missing is defined else 'n' }}", "nonen"),
        ("{{ when.strftime('%d.%m.') }}", "02.01."),
        ("{{ tree|tojson }}", '{"k": [1, null]}'),
        ("{% for k, v in tree.items() %}{{ k }}={{ v }}{% endfor %}", "k=[1, None]"),
        ("{% for n in nested recursive %}{{ n[0] }}{{ loop(n[1]) if n[1] }}{% endfor %}", "12"),
        ("{{ [a, (1, 2)][1][0] }}{{ docs[:1] }}{{ 1 in (1, 2) }}", "1['a']True"),
    ],
)  # fmt: skip
def test_what_prompts_need_works(template, expected):
    variables = {
        "a": 2,
        "docs": ["a", "b"],
        "tree": {"k": [1, None]},
        "nested": [[1, [[2, []]]]],
        "when": dt.date(2024, 1, 2),
    }
    assert text(template, **variables) == expected


def test_a_missing_variable_is_named_with_the_close_ones():
    with pytest.raises(RenderError) as caught:
        text("{{ question }} {{ context }}", questions="?", context="")
    assert "'question' is missing (the user message reads it)" in str(caught.value)
    assert "Did you mean 'questions'?" in str(caught.value)
    assert "The template reads: context, question." in str(caught.value)


def test_a_missing_attribute_is_told_with_its_line():
    with pytest.raises(RenderError, match=r"line 2 of it.*no attribute 'titel'"):
        text("x\n{{ doc.titel }}", doc={"title": 1})


@pytest.mark.parametrize(
    ("template", "message"),
    [("{{ 1 / 0 }}", "ZeroDivisionError"), ("{{ 'a' + 1 }}", "TypeError"), ("{{ x() }}", "'x'")],
)
def test_what_cannot_be_computed_is_a_render_error(template, message):
    with pytest.raises(RenderError, match=message):
        text(template)


def test_the_limits_hold_for_each_thread_alone():
    results = []
    threads = [
        threading.Thread(target=lambda: results.append(len(text("{{ 'a' * 900000 }}"))))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [900_000] * 4


def test_the_time_limit_can_be_set():
    message = Message(role="user", content="{% for i in range(99999) %}{% endfor %}" * 9)
    with pytest.raises(RenderError, match=r"stopped after 0\.01 s"):
        render_prompt(PromptContent(messages=(message,)), {}, seconds=0.01)


TYPED = PromptContent(
    messages=(Message(role="user", content="{{ tone }}: {{ q }}"),),
    inputs={"q": {"type": "string"}, "tone": {"type": "string", "default": "kind"}},
)


def test_declared_variables_are_filled_in_and_checked():
    assert render_prompt(TYPED, {"q": "hi"}) == [{"role": "user", "content": "kind: hi"}]
    assert variables_of(TYPED) == ("q", "tone")
    for variables, message in (
        ({}, "'q' is missing: a text"),
        ({"q": 7}, "'q' is 7, but must be a text"),
        ({"q": "hi", "tne": "x"}, r"Did you mean 'tone'\?"),
    ):
        with pytest.raises(RenderError, match=message):
            render_prompt(TYPED, variables)


def test_without_strict_a_whole_case_may_be_passed():
    case = {"q": "hi", "id": 7, "expected": "x"}
    assert render_prompt(TYPED, case, strict=False)[0]["content"] == "kind: hi"


def test_without_declarations_other_variables_are_ignored():
    prompt = PromptContent(messages=(Message(role="user", content="{{ q }}"),))
    assert render_prompt(prompt, {"q": "hi", "other": object()})[0]["content"] == "hi"


@pytest.mark.parametrize("inputs", [{}, {"q": {"type": "string"}}])
def test_a_prompt_whose_includes_are_not_there_is_a_render_error(inputs):
    prompt = PromptContent(
        messages=(Message(role="user", content='{% include "a" %}'),), inputs=inputs
    )
    with pytest.raises(RenderError, match="'a' is included but was not looked up"):
        render_prompt(prompt, {"q": "hi"})


def test_the_time_limit_holds_for_all_messages_together():
    loop = Message(role="user", content="{% for i in range(30000) %}{% endfor %}")
    with pytest.raises(RenderError, match="stopped after"):
        render_prompt(PromptContent(messages=(loop,) * 50), {}, seconds=0.05)


def test_nothing_is_folded_when_a_template_is_first_compiled_by_a_rendering():
    assert text("{{ ('-inf'|float)|abs }} first seen here") == "inf first seen here"
