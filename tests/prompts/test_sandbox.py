import time

import pytest

from llmops_magics.errors import PromptError, SandboxError
from llmops_magics.prompts.content import PromptContent
from llmops_magics.prompts.render import render_prompt
from llmops_magics.prompts.template import parse
from llmops_magics.prompts.version import Message

ESCAPES = [
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ ''['__class__'] }}",
    "{{ ''|attr('__class__') }}",
    "{{ ['']|map(attribute='__class__')|list }}",
    "{{ x.__init__.__globals__ }}",
    "{{ x.run.__globals__ }}",
    "{{ x.run.__func__.__code__ }}",
    "{{ x.run() }}",
    "{{ function() }}",
    "{{ function.__globals__['os'] }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ joiner.__init__.__globals__.os }}",
    "{{ namespace.__init__.__globals__.os }}",
    "{{ range.__globals__ }}",
    "{{ self.__init__.__globals__ }}",
    "{{ self._TemplateReference__context.environment }}",
    "{{ '{0.__class__}'.format(x) }}",
    "{{ '{0.__init__.__globals__}'.format(x) }}",
    "{{ '{x.__class__}'.format_map({'x': x}) }}",
    "{% set f = '{0.__class__}'.format %}{{ f(x) }}",
    "{{ ''.format.__globals__ }}",
    "{{ ''.format._environment }}",
    "{{ (1).__class__ }}",
    "{{ {}.setdefault(1, 2) }}",
    "{{ items.append(1) }}",
    "{{ items.clear() }}",
    "{{ 'a'.encode() }}",
    "{{ dict.fromkeys([1]) }}",
    "{% macro m() %}{% endmacro %}{{ m.__init__ }}",
    "{% for i in [1] %}{{ loop.__init__.__globals__ }}{% endfor %}",
    "{{ lipsum.__globals__['os'] }}",
    "{{ config }}",
    "{{ request.application.__globals__ }}",
    "{{ get_flashed_messages.__globals__ }}",
    "{% import 'os' as os %}",
    "{% include '/etc/passwd' %}",
    "{% extends 'x' %}",
    "{{ (-900000)|llmops.emit }}",
    "{{ (-900000)|emit }}",
    "{% filter llmops.spend %}1{% endfilter %}",
    r"{{ [-900000]|map('\x00emit')|list }}",
    r"{{ [-900000]|map('\0spend')|list }}",
    r"{{ ['a.png']|map('\x00image')|list|length }}",
    r"{{ ['a.png']|select('\x00image')|list|length }}",
    r"{{ ['a.png']|reject('\x00pass')|list|length }}",
    r"{{ [1]|map(**{'attribute': '__class__'})|list }}",
    "{{ ['a.png']|map('llmops.image')|list|length }}",
    "{{ range }}",
    "{{ [range] }}",
    "{{ joiner() }}{{ cycler }}",
    "{% macro m() %}{% endmacro %}{{ m }}",
    "{{ function }}",
]

BOMBS = [
    "{{ 'a' * 10**9 }}",
    "{{ 10**9 * 'a' }}",
    "{{ [0] * 10**9 }}",
    "{{ 9 ** 9999999 }}",
    "{{ 2 ** 2 ** 2 ** 2 ** 2 ** 2 ** 2 ** 2 ** 2 ** 2 ** 2 ** 2 ** 2 }}",
    "{% for i in range(10**9) %}{% endfor %}",
    "{% for i in range(0, 10**30) %}{% endfor %}",
    "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
    "{% for i in range(99999) %}{% for j in range(99999) if false %}{% endfor %}{% endfor %}",
    "{% for i in range(99999) %}" + "x" * 9999 + "{% endfor %}",
    "{% set b %}{% for i in range(99999) %}" + "x" * 9999 + "{% endfor %}{% endset %}",
    "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    "{% macro f(n) %}{% if n %}{{ f(n-1) }}{{ f(n-1) }}{% endif %}{% endmacro %}{{ f(40) }}",
    "{% for i in range(99999) recursive %}{{ loop(range(99999)) }}{% endfor %}",
    "{% set a = [1] %}" + "{% set a = [a, a] %}" * 60 + "{{ a }}",
    "{% set a = {'k': 1} %}" + "{% set a = {'k': a, 'l': a} %}" * 60 + "{{ a|tojson }}",
    "{% set a = 'x' %}" + "{% set a = a ~ a %}" * 60,
    "{% set a = 'x' %}" + "{% set a = a + a %}" * 60,
    "{% set a %}x{% endset %}" + "{% set a %}{{ a }}{{ a }}{% endset %}" * 60,
    "{% set n = namespace(a='x') %}{% for i in range(99) %}{% set n.a = n.a ~ n.a %}{% endfor %}",
    "{% set n = namespace(a=3) %}{% for i in range(99) %}{% set n.a = n.a * n.a %}{% endfor %}",
    "{% set n = namespace(a=[1]) %}{% for i in range(99) %}{% set n.a = [n.a, n.a] %}{% endfor %}",
    "{% set n = namespace() %}{% set n.a = [n, n] %}{{ n }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ '%*d' % (1000000000, 1) }}",
    "{{ '%.1000000000f'|format(1) }}",
    "{{ '{:1000000000}'.format(1) }}",
    "{{ '{:{w}}'.format(1, w=1000000000) }}",
    "{{ ('{0}' * 9999).format('a' * 900000) }}",
    "{{ ('%(a)s' * 9999) % {'a': 'a' * 900000} }}",
    "{{ 'a'|center(10**9) }}",
    "{{ 'a'|indent(10**9, first=true) }}",
    "{{ 'a'.ljust(10**9) }}",
    "{{ 'a'.zfill(10**9) }}",
    "{{ [1]|batch(10**9, 'x')|list }}",
    "{{ [1]|slice(10**9)|list }}",
    "{{ 1|round(10**9, 'ceil') }}",
    "{{ [1]|tojson(indent=10**9) }}",
    "{{ ('a' * 900000).replace('a', 'b' * 900000) }}",
    "{{ ('a' * 900000)|replace('a', 'b' * 900000) }}",
    "{{ ('a' * 900000).join('b' * 900000) }}",
    "{{ range(99999)|join('b' * 900000) }}",
    "{{ range(99999)|map(attribute='z', default='a' * 900000)|join }}",
    "{{ range(99999)|map('center', 99999)|list }}",
    "{{ ('a' * 990000)|wordwrap(1) }}",
    "{{ ([[1]] * 50000)|sum(start=[]) }}",
    "{{ range(99999)|map('string')|map('length')|sum }}" * 1000,
    "{{ " + "[" * 9000 + "]" * 9000 + " }}",
    *(
        "{{ ('a' * 900000).METHOD('ab' ~ 'a' * 400000) }}".replace("METHOD", method)
        for method in ("rfind", "rindex", "rsplit", "rpartition", "strip", "lstrip", "rstrip")
    ),
    "{{ ('a' * 900000)|trim('b' * 900000 ~ 'a') }}",
    "{{ ['a' * 900000]|map('trim', 'b' * 900000 ~ 'a')|list }}",
    "{% set a = ('f' * 1900000)|int(base=16) %}{{ a // 3 }}",
    "{{ ['f' * 1900000]|map('int', base=16)|list }}",
    "{{ 5|round(-3000000) }}",
    "{{ 5|round(precision=-3000000) }}",
]


class Thing:
    def run(self):
        raise AssertionError("a template ran a method of the notebook's object")


def function():
    raise AssertionError("a template called a function of the notebook")


def attack(template):
    variables = {"x": Thing(), "function": function, "items": [1]}
    return render_prompt(PromptContent(messages=parse(template).messages), variables)


@pytest.mark.parametrize("template", ESCAPES)
def test_no_template_leaves_the_sandbox(template):
    with pytest.raises(PromptError):
        attack(template)


def test_an_escape_is_told_as_one():
    with pytest.raises(SandboxError, match=r"unsafe\. Compute the value in the notebook"):
        attack(ESCAPES[0])


@pytest.mark.parametrize("template", BOMBS, ids=lambda t: t[:60])
def test_every_bomb_ends_soon(template):
    began = time.monotonic()
    with pytest.raises(PromptError):
        attack(template)
    assert time.monotonic() - began < 30


def test_nothing_is_computed_when_a_template_is_parsed():
    began = time.monotonic()
    parse(
        "{{ 'a' * 10**9 }}{{ 'a'|center(10**9) }}{{ 9 ** 9999999 }}{{ [1]|batch(10**9, 1)|list }}"
    )
    assert time.monotonic() - began < 10


def test_the_same_variables_give_the_same_text():
    with pytest.raises(PromptError, match="No filter named 'random'"):
        attack("{{ [1, 2, 3]|random }}")


def test_a_large_document_passes():
    message = Message(role="user", content="{{ docs|join('\\n') }}{{ docs[0]|replace('x', 'yy') }}")
    prompt = PromptContent(messages=(message,))
    content = render_prompt(prompt, {"docs": ["x" * 190_000] * 3})[0]["content"]
    assert len(content) == 570_002 + 380_000


def test_text_methods_pass_where_one_text_is_short():
    [message] = attack("{{ ('a-b ' * 9000).rstrip().rsplit('-', 1)[1] }} {{ 12.25|round(1) }}")
    assert message["content"] == "b 12.2"


def test_a_function_is_not_printed_and_its_name_is_said():
    with pytest.raises(PromptError, match="prints 'bounded_range', which is a function"):
        attack("{{ range }}")
    with pytest.raises(PromptError, match="'nope' is missing"):
        attack("{{ nope }}")
