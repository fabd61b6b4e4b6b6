from __future__ import annotations

import difflib
import random
import re
import time

from llmops_magics.views.block import MAX_ROWS
from llmops_magics.views.difference import (
    MAX_UNIFIED_LINES,
    side_by_side,
    unified_text,
    unified_view,
    word_difference,
)
from llmops_magics.views.lines import LineDifference

NUMBERED = [f"line {n} of the prompt" for n in range(2000)]


def table(before, after):
    return side_by_side("system", ("@1", "@2"), LineDifference(before, after))


def test_words_that_went_and_came_are_marked():
    html = word_difference("be brief please", "be kind please")
    assert html.index(">brief </del>") < html.index(">kind </ins>")


def test_side_by_side_marks_words_and_signs_lines():
    html, left_out = table("same\nbe brief please", "same\nbe kind please")
    assert left_out == 0
    assert html.count("<del ") == html.count("<ins ") == 1
    assert ">2 \N{MINUS SIGN}</td>" in html
    assert ">2 +</td>" in html
    assert re.findall(r'scope="col"[^>]*>([^<]*)', html) == ["line", "@1", "line", "@2"]
    assert "<caption" in html


def test_unchanged_lines_are_counted_where_they_stood():
    html, _ = table("\n".join(NUMBERED), "\n".join([*NUMBERED[:1000], "new", *NUMBERED[1000:]]))
    assert html.count("⋯ 997 unchanged lines") == 2


def test_a_hundred_scattered_changes_are_all_shown():
    changed = [f"{line} now" if n % 20 == 0 else line for n, line in enumerate(NUMBERED)]
    html, left_out = table("\n".join(NUMBERED), "\n".join(changed))
    assert left_out == 0
    assert html.count("<ins ") == 100
    assert html.count("<tr ") <= MAX_ROWS + 1


def test_rows_beyond_the_limit_are_counted():
    html, left_out = table("\n".join(NUMBERED), "\n".join(f"x{n}" for n in range(2000)))
    assert html.count("<tr ") == MAX_ROWS + 1
    assert left_out == 1800


def test_the_unified_text_is_what_difflib_says():
    dice = random.Random(3)
    for _ in range(20):
        old = [str(dice.randrange(50)) for _ in range(60)]
        new = [f"{line} now" if dice.random() < 0.1 else line for line in old]
        expected = list(difflib.unified_diff(old, new, lineterm="", n=1))[2:]
        difference = LineDifference("\n".join(old), "\n".join(new))
        assert unified_text(difference).split("\n") == (expected or [""])


def test_unified_lines_beyond_the_limit_are_counted():
    difference = LineDifference("\n".join(NUMBERED * 3), "")
    assert f"… and {6001 - MAX_UNIFIED_LINES:,} more lines in the record" in unified_text(
        difference
    )
    assert "more lines in the record" in unified_view(difference)


def test_a_long_line_is_shown_around_its_changes():
    words = " ".join(NUMBERED)
    shown = unified_text(LineDifference(words, words.replace("line 1000 of", "line one of")))
    assert "1000 " in shown
    assert "+" in shown
    assert "unchanged characters…]" in shown
    assert len(shown) < 1000


def test_hostile_lengths_do_not_stall():
    for before, after in (
        ("a b " * 20_000, "b a " * 20_000),
        ("a\nb\n" * 10_000, "b\na\n" * 10_000),
        ("x" * 100_000, "y" * 100_000),
        ("!?" * 50_000, "?!" * 50_000),
    ):
        begun = time.process_time()
        table(before, after)
        word_difference(before, after)
        assert time.process_time() - begun < 30
