import pytest
from jinja2 import TemplateSyntaxError, nodes

from llmops_magics.prompts.content import PromptContent
from llmops_magics.prompts.meter import ADMIT, EMIT, IMAGE, INTERNAL, PASS, SPEND
from llmops_magics.prompts.render import render_prompt
from llmops_magics.prompts.sandbox import ENVIRONMENT
from llmops_magics.prompts.version import Inclusion, Message


def build(template, *includes):
    return ENVIRONMENT.build(template, includes)[0]


def filters(template, *includes):
    return [node.name for node in build(template, *includes).find_all(nodes.Filter)]


def amounts(template, name):
    """What a template reports to the budget, in the order of its tree."""
    return [n.node.value for n in build(template).find_all(nodes.Filter) if n.name == name]


def test_every_round_of_a_loop_is_spent_and_one_that_a_test_leaves_out_too():
    assert amounts("{% for a in b %}{% endfor %}", SPEND) == [1]
    assert filters("{% for a in b if a %}{% endfor %}").count(PASS) == 1


def test_literal_text_reports_its_length():
    assert amounts("abc{{ x }}de", EMIT) == [5]
    assert amounts("{{ x }}", EMIT) == []


def test_what_is_built_is_admitted():
    assert filters("{{ [1] }}{{ {} }}{{ (1, 2) }}") == [ADMIT] * 3
    assert filters("{% for a, b in c %}{% endfor %}") == [SPEND]  # a target is not built
    assert filters("{{ a ~ b }}") == ["join"]


def test_image_becomes_a_filter_unless_a_macro_has_its_name():
    assert filters("{{ image(a) }}") == [IMAGE]
    assert IMAGE not in filters("{% macro image(a) %}{% endmacro %}{{ image(a) }}")
    with pytest.raises(TemplateSyntaxError, match="write image"):
        build("{{ image(a, b, c) }}")


def test_no_template_can_write_the_name_of_an_internal_filter():
    assert all("\0" in name for name in INTERNAL)
    for name in INTERNAL:
        with pytest.raises(TemplateSyntaxError):
            build("{{ 1|" + name + " }}")


def test_an_inclusion_is_rewritten_by_the_same_rules():
    loop = Inclusion(
        reference="a", name="a", digest="sha256:0", content="{% for a in b %}x{% endfor %}"
    )
    assert filters('{% include "a" %}', loop) == filters(loop.content)
    with pytest.raises(TemplateSyntaxError, match="not looked up"):
        build('{% include "a" %}')


def test_an_include_keeps_the_end_of_its_line():
    a = Inclusion(reference="a", name="a", digest="sha256:0", content="A")
    message = Message(role="user", content='x\n{% include "a" %}\ny')
    prompt = PromptContent(messages=(message,), includes=(a,))
    assert render_prompt(prompt, {})[0]["content"] == "x\nA\ny"
