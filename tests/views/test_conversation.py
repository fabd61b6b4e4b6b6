from __future__ import annotations

import json

from prompt_records import answer, rendered

from llmops_magics.views.conversation import (
    prompt_answer_html,
    prompt_answer_text,
    rendered_prompt_html,
    rendered_prompt_text,
)

PNG = "data:image/png;base64," + "iVBO" * 4000


def image(url, **detail):
    return {"type": "image_url", "image_url": {"url": url, **detail}}


def test_each_message_stands_under_its_role():
    messages = ({"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hi\nyou"})
    shown = rendered_prompt_text(rendered(messages, sampled=()))
    assert shown.endswith("system:\n  Be kind.\nuser:\n  Hi\n  you")
    assert rendered_prompt_html(rendered(messages)).count("border-left:4px") == 2


def test_images_are_words_and_nothing_is_loaded():
    parts = [
        {"type": "text", "text": "See"},
        image(PNG, detail="low"),
        image("https://x.org/a.png"),
    ]
    one = rendered(({"role": "user", "content": parts},), variables={"picture": PNG})
    for shown in (rendered_prompt_html(one), rendered_prompt_text(one)):
        assert "image/png, 12 kB (detail low)" in shown
        assert "https://x.org/a.png" in shown
        assert "<img" not in shown
        assert "iVBOiVBO" not in shown


def test_sampled_values_are_said_to_be_so():
    assert "question (from the sample)" in rendered_prompt_html(rendered())
    assert rendered_prompt_text(rendered()).endswith("from the prompt's sample: question")


def test_messages_and_parts_beyond_the_limit_are_counted():
    many = rendered(({"role": "user", "content": [{"text": "x"}] * 1000},) * 300)
    html = rendered_prompt_html(many)
    assert "and 100 more messages in the record" in html
    assert html.count("and 800 more parts in the record") == 200


def test_an_answer_ends_with_a_line_of_what_it_took():
    shown = prompt_answer_text(answer(finish_reason="stop", tool_calls=(), text="3.2 litres"))
    assert shown == (
        "3.2 litres\n\nplain (another plain) · 212 in / 31 out tokens · cost $0.0012 · 812 ms"
    )


def test_an_answer_without_a_price_costs_unknown():
    assert "cost unknown" in prompt_answer_html(answer(cost_usd=None))


def test_tool_calls_are_named_with_their_arguments():
    call = {"function": {"name": "lookup", "arguments": json.dumps({"order": 7})}}
    made = answer(tool_calls=(call,), text="")
    assert '→ lookup({"order": 7})' in prompt_answer_text(made)
    assert "→ calls lookup" in prompt_answer_html(made)


def test_an_answer_that_was_cut_off_says_so():
    assert "! ended by length" in prompt_answer_html(answer(finish_reason="length"))
    assert "! ended by" not in prompt_answer_html(answer(finish_reason="stop"))


def test_an_empty_answer_is_said_to_be_empty():
    empty = answer(text="", tool_calls=())
    assert "empty answer" in prompt_answer_html(empty)
    assert prompt_answer_text(empty).startswith("(empty answer)")
