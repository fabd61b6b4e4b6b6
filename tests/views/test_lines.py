from __future__ import annotations

from llmops_magics.views.lines import LineDifference, Row, shown_rows


def pairs(before, after):
    return [(row.old, row.new) for row in LineDifference(before, after).rows]


def test_a_changed_line_stands_beside_the_one_it_came_from():
    before = "be brief and clear\nsign with the name"
    after = "a new first line\nbe kind and clear\nsign with the name"
    assert pairs(before, after) == [(None, 0), (0, 1), (1, 2)]


def test_unlike_lines_stand_beside_one_another_in_turn():
    assert pairs("one\ntwo", "three") == [(0, 0), (1, None)]


def test_lines_are_counted():
    difference = LineDifference("a\nb\nc", "a\nB\nc\nd")
    assert (difference.added, difference.removed) == (2, 1)


def test_only_changes_and_what_is_near_them_is_shown():
    lines = [str(n) for n in range(20)]
    changed = [*lines[:10], "ten", *lines[11:]]
    difference = LineDifference("\n".join(lines), "\n".join(changed))
    assert list(shown_rows(difference.rows, 1)) == [
        9,
        Row(same=True, old=9, new=9),
        Row(same=False, old=10, new=10),
        Row(same=True, old=11, new=11),
        8,
    ]


def test_a_carriage_return_is_a_difference():
    assert LineDifference("a\r\nb", "a\nb").removed == 1


def test_an_empty_text_has_no_lines():
    assert pairs("", "a\nb") == [(None, 0), (None, 1)]
