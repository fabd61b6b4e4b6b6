from __future__ import annotations

import front_records as records

from llmops_magics.evals.run_list import RunList
from llmops_magics.views.runs import eval_run_list_html, eval_run_list_text


def test_a_row_a_run_and_how_the_broken_one_goes_on():
    for shown in (eval_run_list_html, eval_run_list_text):
        text = shown(records.run_list())
        assert "4 of 31 eval runs" in text
        assert "120 of 200" in text
        assert "7f3a91c2" in text
        assert "%llm_eval --resume run-0123456789ab-7f3a91c2 goes on from there." in text


def test_status_is_said_by_word_and_mark():
    html = eval_run_list_html(records.run_list())
    assert all(word in html for word in ("✓ finished", "… running", "■ interrupted", "! 3 errors"))


def test_a_cost_is_shown_unknown_or_not_there_yet():
    text = eval_run_list_text(records.run_list())
    assert text.count("$0.073") == 1
    assert text.count("cost unknown") == 1


def test_no_run_is_no_table():
    empty = RunList(runs=(), total=0)
    assert eval_run_list_text(empty) == "0 eval runs"
    assert "<table" not in eval_run_list_html(empty)
