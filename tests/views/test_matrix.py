from __future__ import annotations

import front_records as records

from llmops_magics.views.matrix import eval_matrix_html, eval_matrix_text


def test_the_html_has_scores_intervals_and_differences():
    html = eval_matrix_html(records.matrix(""))
    assert "Differences are against support/answer@3" in html
    for words in ("84.2%", "79.2% to 88.2%", "+6.2 pts ▲ better", "8.0 pts ▼ worse", "★ best"):
        assert words in html
    assert "+1.0 pts within noise" in html
    assert "2 missing" in html
    assert "! 3" in html
    assert "+2.0 to +11.0 (BCa ), 200 cases, p 0.012" in html  # hovering


def test_what_is_the_same_in_all_rows_stands_above_the_table():
    rows = (
        records.row("", "run-a", is_reference=True),
        records.row("", "run-b", model="acme/x"),
    )
    html = eval_matrix_html(records.matrix("", rows=rows, same_dataset=True))
    above, table = html.split("<table", 1)
    assert "support/answer@3" in above
    assert "temperature=0" in above
    assert "acme/x" in table
    assert ">target<" not in table
    assert "no run beats all others" in above


def test_a_cost_that_is_not_known_is_said():
    html = eval_matrix_html(records.matrix(""))
    assert "200 unpriced answers" in html
    assert ">unknown<" in html


def test_the_text_has_a_line_a_run_and_a_line_a_difference():
    text = eval_matrix_text(records.matrix("")).splitlines()
    assert text[0].startswith("5 runs")
    assert sum("84.2% ★" in line for line in text) == 1
    found = [line.strip().rpartition(": ")[2] for line in text if "(BCa" in line]
    assert found == ["▲ better", "▼ worse", "within noise"]
    assert any("different dataset versions" in line for line in text)


def test_one_run_is_compared_with_nothing():
    one = records.matrix("", rows=(records.row("", is_reference=True),), scorers=("contains",))
    for shown in (eval_matrix_html(one), eval_matrix_text(one)):
        assert "best" not in shown
