from __future__ import annotations

from prompt_records import blame

from llmops_magics.views.blame import prompt_blame_html, prompt_blame_text
from llmops_magics.views.block import MAX_ROWS


def test_a_step_has_means_an_interval_and_a_reading():
    html = prompt_blame_html(blame())
    for words in ("@9 → @11", "84.0% → 70.0%", "\N{MINUS SIGN}14.0 pts", "▼ worse"):
        assert words in html
    assert "1 of 1 step beyond noise" in html


def test_what_was_never_measured_or_left_out_is_said():
    shown = prompt_blame_text(blame())
    assert "never measured on this dataset and model: @10" in shown
    assert "left out: 4 eval runs on other datasets, models or scorers" in shown


def test_without_steps_there_is_nothing_to_compare():
    assert "fewer than two measured versions" in prompt_blame_text(blame(steps=()))


def test_steps_beyond_the_limit_are_counted():
    many = blame(steps=blame().steps * 100_000)
    assert prompt_blame_html(many).count('scope="row"') == MAX_ROWS
    assert "and 99,800 more steps in the record" in prompt_blame_html(many)
    assert "and 99,800 more steps in the record" in prompt_blame_text(many)
