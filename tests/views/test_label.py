from __future__ import annotations

from prompt_records import label_move
from view_records import prompt_diff

from llmops_magics.views.label import label_move_html, label_move_text


def test_a_move_is_one_line():
    move = label_move(reason="")
    assert label_move_text(move) == (
        "answer plain staging plain: @11 → @12 · moved · plain · 2030-01-31 09:15:00 UTC"
    )


def test_a_forced_move_says_so_and_why():
    move = label_move(forced=True, reason="hot fix")
    assert "! forced" in label_move_html(move)
    assert "moved, forced" in label_move_text(move)
    assert "“hot fix”" in label_move_text(move)


def test_a_move_that_changed_nothing_says_so():
    move = label_move(changed=False)
    assert "nothing was written" in label_move_html(move)
    assert "stays at @12" in label_move_text(move)


def test_a_new_label_and_a_rollback():
    assert ": → @12 · new label" in label_move_text(label_move(before=None))
    assert "rolled back" in label_move_html(label_move(action="rollback"))


def test_what_changed_is_folded_below():
    html = label_move_html(label_move(diff=prompt_diff()))
    assert html.count("what changed") == 1
    assert "what changed: plain, settings.temperature" in label_move_text(
        label_move(diff=prompt_diff())
    )
