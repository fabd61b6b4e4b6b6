from __future__ import annotations

import time

from prompt_records import eval_note, label_move, log_entry, prompt_log, prompt_snapshot

from llmops_magics.views.block import MAX_ROWS
from llmops_magics.views.column import WIDTH, width
from llmops_magics.views.history import (
    prompt_log_html,
    prompt_log_text,
    prompt_snapshot_html,
    prompt_snapshot_text,
)


def test_a_row_holds_number_labels_moves_and_evals_with_intervals():
    html = prompt_log_html(prompt_log())
    assert html.count('scope="row"') == 2
    assert ">@12<" in html
    assert "@11 → @12 · moved, forced · plain · 2030-01-31" in html
    assert "contains plain 0.84 (0.721 to 0.92, n=50)" in html


def test_ten_thousand_versions_are_two_hundred_rows_and_a_count():
    log = prompt_log(tuple(log_entry(n) for n in range(10_000, 0, -1)))
    begun = time.process_time()
    html, text = prompt_log_html(log), prompt_log_text(log)
    assert time.process_time() - begun < 10
    assert html.count('scope="row"') == MAX_ROWS
    assert "and 9,800 more versions in the record" in html
    assert "and 9,800 more versions in the record" in text
    assert len(text.split("\n")) == MAX_ROWS + 3


def test_what_a_limit_left_out_is_not_said_to_be_in_the_record():
    html = prompt_log_html(prompt_log(total=50))
    assert "and 48 older versions that this log was not asked for" in html
    assert "in the record" not in html


def test_many_moves_and_evals_are_folded_and_counted():
    entry = log_entry(moves=(label_move(),) * 100, evals=(eval_note(scores=9),) * 100)
    html = prompt_log_html(prompt_log((entry,)))
    assert html.count("97 more</summary>") == 2
    assert "and 67 more moves in the record" in html
    assert "and 67 more evals in the record" in html
    assert "and 6 more scores" in html


def test_a_mean_that_is_not_known_is_a_dash():
    entry = log_entry(evals=(eval_note(mean=None),))
    assert "contains plain \N{EN DASH} (" in prompt_log_html(prompt_log((entry,)))


def test_columns_line_up_and_fit_a_terminal():
    entries = (log_entry(message="word " * 60), log_entry(7, author="北京" * 30))
    lines = prompt_log_text(prompt_log(entries)).split("\n")
    assert all(width(line) <= WIDTH for line in lines)
    starts = {line.index("2030-") for line in lines if "2030-" in line}
    assert starts == {lines[1].index("when")}


def test_a_snapshot_says_then_and_now():
    assert prompt_snapshot_text(prompt_snapshot()).split("\n")[2:] == [
        "  newest        @9  @14  moved",
        "  production    @7  @12  moved",
        "  plain         @9   @9  the same",
        "  later          \N{EN DASH}  @12  not there yet",
    ]
    assert prompt_snapshot_html(prompt_snapshot()).count('scope="row"') == 4


def test_the_text_of_a_log_tells_of_label_moves():
    entry = log_entry(11, moves=(label_move(before=12, after=11, action="rollback"),))
    assert "@12 → @11 · ↩ rolled back" in prompt_log_text(prompt_log((entry,)))
