import datetime as dt
import threading

import pytest

from llmops_magics.errors import RenderError
from llmops_magics.prompts.render import render
from llmops_magics.prompts.version import Message


def text(template, **variables):
    return render([Message(role="user", content=template)], variables)[0]["content"]


def test_render_gives_messages_for_the_chat_api():
    messages = [
        Message(role="system", content="Be {{ tone }}."),
        Message(role="user", content="{% for d in docs %}\n- {{ d.title }}\n{% endfor %}\nDone"),
    ]
    docs = [{"title": "a"}, {"title": "b"}]
    assert render(messages, {"tone": "brief", "docs": docs, "unused": object()}) == [
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
        render([message], {}, seconds=0.01)
