from __future__ import annotations

import re

from cause_records import cause_report, cause_row
from view_records import eval_run

from llmops_magics.evals.cause.record import CAUSES, NOT_RETRIEVED, UNUSED, unattributed
from llmops_magics.views.bundle import shown_cause_report, shown_eval_run
from llmops_magics.views.cause import cause_report_html, cause_report_text, cause_words
from llmops_magics.views.evaluation import eval_run_html, eval_run_text


def test_every_class_has_a_row_and_its_count():
    rows = (*(cause_row(n, NOT_RETRIEVED) for n in range(3)), cause_row(3, UNUSED))
    html = cause_report_html(cause_report(rows, left_out=0))
    counts = dict(re.findall(r"<th[^>]*scope=\"row\"[^>]*>([^<]*)</th><td[^>]*>(\d+)</td>", html))
    assert counts == {**dict.fromkeys(CAUSES[:-1], "0"), NOT_RETRIEVED: "3", UNUSED: "1"}
    assert "3 failed in retrieval, 1 in the model" in html


def test_the_counts_stand_above_the_scores_and_the_cases():
    run = eval_run(causes=cause_report())
    html = eval_run_html(run)
    places = [
        html.index(words) for words in ("Why cases failed", "Scores, averaged", "failed first")
    ]
    assert places == sorted(places)
    assert html.index("Why cases failed") < html.index("case by case")
    lines = eval_run_text(run).splitlines()
    assert "4 failed in retrieval, 2 in the model, 1 unknown, 1 by a guess" in lines[1]


def test_a_run_without_causes_shows_nothing_of_them():
    plain = eval_run()
    assert "Why cases" not in eval_run_html(plain)
    assert "retrieval" not in eval_run_text(plain)
    nothing = eval_run(causes=cause_report((), left_out=0))
    assert "Why cases" not in eval_run_html(nothing)
    assert cause_words(None) == []


def test_ranks_shares_and_guesses_are_told():
    text = cause_report_text(cause_report())
    assert "> 100" in text
    assert "(a guess)" in text
    html = cause_report_html(cause_report())
    assert ">25%</td>" in html.replace("25.0%", "25%")
    assert "1 cause of 7 rest on a guess" in html
    assert "3 failing cases more were not looked at" in html
    assert "the one that went missing first counts" in html


def test_what_could_not_be_told_says_why():
    report = unattributed("run-1", "p@1", "the index is gone")
    assert "the index is gone" in cause_report_html(report)
    assert "causes could not be told: the index is gone" in cause_report_text(report)
    assert "the index is gone" in eval_run_html(eval_run(causes=report))


def test_a_large_report_stays_small():
    text = "long <b>words</b> " * 400
    rows = tuple(cause_row(n, t=text) for n in range(1000))
    report = cause_report(rows, t=text)
    assert len(cause_report_html(report).encode()) < 260_000
    assert len(str(shown_cause_report(report))) < 200_000
    bare = len(eval_run_html(eval_run()).encode())
    assert len(eval_run_html(eval_run(causes=report)).encode()) - bare < 60_000
    assert len(str(shown_eval_run(eval_run(causes=report)))) < 200_000
    assert len(cause_report_text(report)) < 60_000
