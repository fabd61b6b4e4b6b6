from __future__ import annotations

from prompt_records import ablation

from llmops_magics.views.ablation import prompt_ablation_html, prompt_ablation_text


def test_a_part_shows_the_words_it_changes():
    html = prompt_ablation_html(ablation())
    assert ">brief</del>" in html
    assert ">kind</ins>" in html
    assert "1 · system plain" in html


def test_the_whole_is_the_first_row():
    html = prompt_ablation_html(ablation())
    assert html.index("all together") < html.index("1 · system plain")
    assert "84.0% → 70.0%" in html


def test_the_text_lists_parts_then_their_lines():
    shown = prompt_ablation_text(ablation())
    assert "    -Be brief. plain\n    +Be kind. plain" in shown
    assert "interaction (the whole less the sum of its parts): \N{MINUS SIGN}1.0 pts" in shown
    assert "left out: plain" in shown


def test_an_unknown_interaction_is_not_zero():
    assert "interaction: not known" in prompt_ablation_html(ablation(interaction=None))


def test_parts_beyond_the_limit_are_counted():
    many = ablation(hunks=ablation().hunks * 1000)
    assert prompt_ablation_html(many).count('scope="row"') == 200
    assert "and 801 more parts in the record" in prompt_ablation_html(many)
    assert "and 801 more parts in the record" in prompt_ablation_text(many)
