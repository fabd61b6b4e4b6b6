from __future__ import annotations

from llmops_magics.views.column import WIDTH, columns, fitted, indented, width, wrapped


def test_columns_line_up_with_numbers_to_the_right():
    assert columns(("name", "n"), [("a", "5"), ("longer", "12")], numbers=(1,)) == [
        "  name     n",
        "  a        5",
        "  longer  12",
    ]


def test_wide_characters_take_two_places():
    assert width("日本") == 4
    assert width("e\u0301") == 1
    lines = columns(("a", "b"), [("日本", "x"), ("abcd", "x")])
    assert {width(line) for line in lines[1:]} == {9}


def test_one_column_gives_way_and_every_line_fits():
    rows = [("n" * 30, "word " * 50, "l" * 30)]
    lines = columns(("name", "message", "label"), rows, gives_way=1)
    assert max(map(width, lines)) == WIDTH
    assert lines[1].endswith("l" * 30)


def test_a_column_without_text_is_left_out():
    assert columns(("a", "empty", "b"), [("1", "", "2")]) == ["  a  b", "  1  2"]


def test_rows_beyond_the_limit_are_counted():
    assert columns(("a",), [("1",)] * 203, noun="prompt")[-1] == (
        "  and 3 more prompts in the record"
    )


def test_lines_and_hidden_characters_do_not_break_the_table():
    assert columns(("a",), [("1\n2\u202e",)])[1] == "  1 2<U+202E>"


def test_texts_are_cut_by_places_and_set_in():
    assert fitted("日本語", 5) == "日本…"
    assert indented("a\n\nb", 2) == "  a\n\n  b"
    assert wrapped("word " * 30)[1].startswith("  word")
