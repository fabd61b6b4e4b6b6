import pytest
from jinja2 import TemplateSyntaxError

from llmops_magics.prompts.compilation import (
    compile_outline,
    compile_template,
    explain,
    read_template,
    read_variables,
)
from llmops_magics.prompts.limit import Budget, metered
from llmops_magics.prompts.version import Inclusion


def test_a_template_is_compiled_once():
    assert compile_template("{{ once }}") is compile_template("{{ once }}")
    include = Inclusion(reference="a", name="a", digest="sha256:0", content="x")
    other = Inclusion(reference="a", name="a", digest="sha256:1", content="y")
    one = compile_template('{% include "a" %}', (include,))
    assert one is not compile_template('{% include "a" %}', (other,))
    with metered(Budget()):
        assert one.render() == "x"


def test_a_reading_tells_what_a_template_refers_to():
    reading = read_template(
        '{{ q }}{{ image("a.png") }}{{ image("https://h/i") }}{% include "p" %}'
    )
    assert reading.variables == {"q"}
    assert (reading.references, reading.image_files) == (("p",), ("a.png",))
    assert (reading.has_images, reading.included_chars) == (True, 0)


def test_an_outline_leaves_includes_out():
    with metered(Budget()):
        assert compile_outline('a{% include "p" %}').render() == "a"
    with pytest.raises(TemplateSyntaxError) as caught:
        compile_template('a{% include "p" %}')
    assert explain(caught.value) == "'p' is included but was not looked up"


def test_names_of_the_language_are_no_variables():
    assert read_variables(["{% for x in xs %}{{ loop.index }}{{ range(3) }}{% endfor %}"]) == (
        "xs",
    )
