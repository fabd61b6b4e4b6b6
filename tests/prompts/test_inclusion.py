import pytest

from llmops_magics.errors import PromptSyntaxError, RenderError
from llmops_magics.prompts.content import PromptContent
from llmops_magics.prompts.inclusion import walk
from llmops_magics.prompts.render import read_variables, render_prompt
from llmops_magics.prompts.template import parse
from llmops_magics.prompts.version import Inclusion, Message


def inclusion(reference, content, *includes):
    return Inclusion(
        reference=reference, name=reference, digest="sha256:0", content=content, includes=includes
    )


def text(template, *includes, **variables):
    message = Message(role="user", content=template)
    prompt = PromptContent(messages=(message,), includes=includes)
    return render_prompt(prompt, variables)[0]["content"]


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ('{% include "a" %}', "A1"),
        ('x\n{% include "a" %}\ny', "x\nA1\ny"),
        ('x {% include "a" %} y', "x A1 y"),
        ('x {%- include "a" -%}\n y', "xA1y"),
        ('{% for v in [1, 2] %}{% include "a" %};{% endfor %}', "A1;A2;"),
        ('{% if v %}\n{% include "a" %}\n{% endif %}\nz', "A1\nz"),
        ('{% macro m(v) %}{% include "a" %}{% endmacro %}{{ m(3) }}', "A3"),
        ('{% set v = 5 %}{% include "a" %}{{ v }}', "A55"),
    ],
)
def test_an_include_stands_where_its_tag_stood(template, expected):
    assert text(template, inclusion("a", "A{{ v }}"), v=1) == expected


def test_what_an_inclusion_sets_stays_inside_it():
    set_there = inclusion("a", "{% set v = 2 %}{{ v }}{% macro m() %}{% endmacro %}")
    assert text('{% include "a" %}{{ v }}', set_there, v=1) == "21"


def test_an_inclusion_reads_its_own_includes():
    inner, other = inclusion("a", "inner"), inclusion("a", "outer")
    outer = inclusion("b", '{% include "a" %}', inner)
    assert text('{% include "b" %} {% include "a" %}', outer, other) == "inner outer"
    assert [(i.content, depth) for i, depth in walk((outer, other))][1:] == [
        ("inner", 2),
        ("outer", 1),
    ]


def test_variables_are_found_in_what_is_included():
    includes = (inclusion("a", "{{ x }}{% include 'b' %}", inclusion("b", "{{ y }}")),)
    assert read_variables(['{% include "a" %}{{ z }}'], includes) == ("x", "y", "z")
    assert read_variables(['{% include "a" %}{{ z }}']) == ("z",)


def test_an_error_names_the_line_of_the_tag():
    with pytest.raises(RenderError, match=r"line 3 of it.*no attribute 'z'"):
        text('x\ny\n{% include "a" %}', inclusion("a", "{{ d.z }}"), d={})


@pytest.mark.parametrize(
    ("tag", "message"),
    [
        ("{% include name %}", "literally"),
        ('{% include ["a", "b"] %}', "literally"),
        ('{% include "a" ~ "b" %}', "literally"),
        ('{% include "a" ignore missing %}', "ignore missing"),
        ('{% include "a" without context %}', "without context"),
        ('{% include "../a" %}', "no prompt name"),
        ('{% include "a@" %}', "nothing stands after"),
        ('{% include " a" %}', "blanks"),
    ],
)
def test_a_bad_include_is_refused_with_its_line(tag, message):
    with pytest.raises(PromptSyntaxError, match=rf"in line 2: .*{message}"):
        parse(f"x\n{tag}")


def test_includes_are_found_when_a_prompt_is_parsed():
    source = 'system:\n{% include "b@2" %}\nuser:\n{% include "a" %}{% include "b@2" %}'
    assert parse(source).references == ("b@2", "a")


def doubling(levels):
    found = inclusion("l0", "x" * 10)
    for level in range(1, levels + 1):
        found = inclusion(f"l{level}", f'{{% include "l{level - 1}" %}}' * 2, found)
    return found


@pytest.mark.parametrize(
    ("levels", "message"), [(10, "over 10 levels"), (9, "over 200 texts"), (60, "over 10 levels")]
)
def test_doubling_at_each_level_is_stopped(levels, message):
    with pytest.raises(RenderError, match=message):
        text(f'{{% include "l{levels}" %}}', doubling(levels))
    assert text('{% include "l6" %}', doubling(6)) == "x" * 640


@pytest.mark.parametrize(
    ("content", "message"),
    [("x" * 600_000, "over 1,048,576 char"), ("{{ v }}" * 1200, "more than 10,000 tokens")],
)
def test_what_is_included_counts_to_the_limits(content, message):
    with pytest.raises(RenderError, match=message):
        text('{% include "a" %}{% include "a" %}', inclusion("a", content), v=1)


def test_an_include_that_was_not_looked_up_is_told():
    with pytest.raises(RenderError, match="'a' is included but was not looked up"):
        text('{% include "a" %}')


def test_what_is_included_runs_in_the_sandbox_and_its_budget():
    with pytest.raises(RenderError, match="unsafe"):
        text('{% include "a" %}', inclusion("a", "{{ ''.__class__ }}"))
    bomb = "{% for i in range(99999) %}" + "x" * 99 + "{% endfor %}"
    with pytest.raises(RenderError, match="longer than"):
        text('{% include "a" %}', inclusion("a", bomb))
