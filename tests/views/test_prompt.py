from __future__ import annotations

from view_records import full_version, prompt_version

from llmops_magics.prompts.version import Inclusion, Message
from llmops_magics.views.prompt import prompt_version_html, prompt_version_text


def test_a_version_says_whether_it_is_new():
    assert "new version" in prompt_version_html(prompt_version())
    assert "would be new" in prompt_version_html(prompt_version(outcome="would be new"))
    assert "new version" not in prompt_version_html(prompt_version(outcome="", diff=None))
    assert prompt_version_text(prompt_version()).startswith("answerplain@2 [plain] · new version")


def test_variables_are_emphasised_in_the_template():
    assert "font-weight:600;border-radius" in prompt_version_html(prompt_version(diff=None))


def test_the_text_holds_the_templates_or_what_changed():
    assert "user:\n  Question: {{ question }} plain" in prompt_version_text(
        prompt_version(diff=None)
    )
    assert "+be kind" in prompt_version_text(prompt_version())


def test_inputs_are_a_table_with_limits_and_defaults():
    html = prompt_version_html(full_version(diff=None))
    assert "Variables and what they take" in html
    assert "1 to 500 characters" in html
    assert "one of plain, kind" in html
    assert html.count(">required<") == 1


def test_every_part_is_folded_under_a_line_that_names_it():
    html = prompt_version_html(full_version(diff=None))
    for title in (
        "includes plain = plain sha256:0123456789ab",
        "1 example from plain@sha256:0123456789ab",
        "1 tool, choice plain: lookup plain",
        "lookup plain(plain)",
        "response format: plain",
        "1 image",
        "1 test before it may have a label",
        "reviewed</span>",
    ):
        assert title in html


def test_the_text_has_one_line_a_part():
    shown = prompt_version_text(full_version(diff=None))
    assert "  includes plain = plain sha256:0123456789ab\n" in shown
    assert "  test plain on plain against plain: plain\n" in shown
    assert "  tags plain=plain, reviewed\n" in shown


def test_embedded_images_are_named_by_size():
    source = "{{ image('data:image/png;base64," + "iVBO" * 1000 + "') }}"
    version = prompt_version(messages=(Message(role="user", content=source),), diff=None)
    assert "⟨image/png, 3 kB⟩" in prompt_version_html(version)
    assert "iVBOiVBO" not in prompt_version_html(version) + prompt_version_text(version)


def test_includes_without_end_are_cut_and_counted():
    inclusion = Inclusion(reference="r", name="n", digest="d", content="c")
    for _ in range(300):
        inclusion = Inclusion(
            reference="r", name="n", digest="d", content="c", includes=(inclusion,)
        )
    assert "and 1 more included prompt in the record" in prompt_version_html(
        prompt_version(includes=(inclusion,))
    )
