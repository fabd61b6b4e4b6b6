import base64

import pytest

from llmops_magics.errors import PromptSyntaxError, RenderError, SandboxError
from llmops_magics.prompts.content import PromptContent
from llmops_magics.prompts.image import ImageReader
from llmops_magics.prompts.render import render_prompt
from llmops_magics.prompts.template import parse
from llmops_magics.prompts.version import Message

URL = "https://a.example/b.png"
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20
DATA = "data:image/png;base64," + base64.b64encode(PNG).decode()


def content(template, **variables):
    prompt = PromptContent(messages=parse(template).messages)
    return render_prompt(prompt, {"url": URL, **variables})[0]["content"]


def part(url, **more):
    return {"type": "image_url", "image_url": {"url": url, **more}}


def test_a_message_with_images_is_a_list_of_parts():
    assert content("See\n{{ image(url) }}\nand {{ image(url, detail='low') }}") == [
        {"type": "text", "text": "See"},
        part(URL),
        {"type": "text", "text": "and "},
        part(URL, detail="low"),
    ]


def test_a_variable_may_be_called_image():
    assert content("{{ image }}", image="x") == "x"
    assert content("{% macro image(x) %}<{{ x }}>{% endmacro %}{{ image(url) }}") == f"<{URL}>"


def test_an_image_may_be_kept_and_come_out_of_a_macro():
    template = "{% macro fig(u) %}{{ image(u) }}{% endmacro %}{% set p = image(url) %}"
    assert content(template + "{{ fig(url) }}{{ p }}") == [part(URL), part(URL)]
    assert content(template + "none") == "none"


def test_a_pinned_file_is_loaded_by_its_digest():
    prompt = PromptContent(
        messages=(Message(role="user", content='{{ image("a.png") }}'),),
        images={"a.png": "sha256:1"},
    )
    reader = ImageReader(load={"sha256:1": PNG}.__getitem__)
    assert render_prompt(prompt, {}, images=reader)[0]["content"] == [part(DATA)]
    damaged = ImageReader(load={"sha256:1": b"text"}.__getitem__)
    with pytest.raises(RenderError, match=r"'a\.png' is no image"):
        render_prompt(prompt, {}, images=damaged)


def test_a_path_of_a_variable_is_read_inside_the_root_only(tmp_path):
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "a.png").write_bytes(PNG)
    (tmp_path / "b.png").write_bytes(PNG)
    prompt = PromptContent(messages=(Message(role="user", content="{{ image(path) }}"),))
    reader = ImageReader(load=dict.__getitem__, root=tmp_path / "root")
    for path in ("a.png", tmp_path / "root" / "a.png"):
        assert render_prompt(prompt, {"path": path}, images=reader)[0]["content"] == [part(DATA)]
    with pytest.raises(RenderError, match="outside"):
        render_prompt(prompt, {"path": "../b.png"}, images=reader)
    with pytest.raises(RenderError, match="no workspace"):
        render_prompt(prompt, {"path": "a.png"})


@pytest.mark.parametrize(
    "template",
    [
        "{{ image(url)|upper }}",
        "{{ image(url) ~ 'x' }}",
        "{{ [image(url)] }}",
        "{{ '%s'|format(image(url)) }}",
        "{{ '{}'.format(image(url)) }}",
        "{{ image(url)|tojson }}",
        "{{ [image(url)]|join }}",
        "{{ image(url) + 'x' }}",
        "{{ image(url)|length }}",
        "{% filter upper %}{{ image(url) }}{% endfilter %}",
        "{% set p %}{{ image(url) }}{% endset %}{{ p|upper }}",
        "{% set p %}{{ image(url) }}{% endset %}{{ p|reverse }}{{ p }}",
        "{% set p %}{{ image(url) }}{% endset %}{{ p[:20] }}{{ p }}",
        "{% set p %}{{ image(url) }}{% endset %}{{ p|replace('0', 'x') }}{{ p[3:] }}",
        "{% set p %}{{ image(url) }}{% endset %}{{ p|length }}",
        "{% call image(url) %}x{% endcall %}",
        "{{ image(7) }}",
        "{{ image(url, detail='huge') }}",
        "{{ image(url, detail=[]) }}{{ image(url, detail=7) }}",
        "{% for i in range(51) %}{{ image(url) }}{% endfor %}",
        "{% set p = image(url) %}{% for i in range(51) %}{{ p }}{% endfor %}",
    ],
)
def test_what_is_done_to_an_image_is_refused(template):
    with pytest.raises(RenderError):
        content(template)


def test_an_image_has_nothing_to_be_read():
    with pytest.raises(SandboxError):
        content("{{ image(url)._index }}")


def test_no_variable_forges_a_marker():
    forged = "[00000000000000000000000000000000:0]"
    assert content("{{ x }}{{ image(url) }}", x=forged) == [
        {"type": "text", "text": forged},
        part(URL),
    ]


def test_all_images_together_have_a_largest_size():
    url = "data:image/png;base64," + base64.b64encode(PNG.ljust(9_000_000)).decode()
    with pytest.raises(RenderError, match="over 64 MB"):
        content("{% set p = image(big) %}" + "{{ p }}" * 6, big=url)


@pytest.mark.parametrize(
    "template",
    ["{{ image() }}", "{{ image(url, size=3) }}", "{{ image(*url) }}", "{{ image(1, 2, 3) }}"],
)
def test_image_takes_a_source_and_a_detail(template):
    with pytest.raises(PromptSyntaxError, match=r"write image\(path\)"):
        content(template)


@pytest.mark.parametrize("role", ["system", "assistant"])
def test_only_a_user_message_shows_images(role):
    with pytest.raises(PromptSyntaxError, match=f"{role} message in line 2 shows an image"):
        parse(f"{role}:\n{{{{ image(url) }}}}\nuser:\nhi")
    message = Message(role=role, content="{{ image(url) }}")
    with pytest.raises(RenderError, match=f"{role} message shows an image"):
        render_prompt(PromptContent(messages=(message,)), {"url": URL})
