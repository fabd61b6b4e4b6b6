"""A retrieval check and drift as they are shown, and that both stay small whatever they hold."""

from __future__ import annotations

import json
from dataclasses import replace

import retrieval_records as records

from llmops_magics.evals.retrieval.record import QueryRow
from llmops_magics.views.format import NOTHING
from llmops_magics.views.retrieval import retrieval_report_html, retrieval_report_text
from llmops_magics.views.retrieval_drift import retrieval_drift_html, retrieval_drift_text


def test_each_figure_stands_with_its_interval_and_its_difference():
    shown = retrieval_report_html(records.retrieval_report())
    assert ">0.750 ▲</td>" in shown
    assert "75.0% ▲" in shown
    assert "0.7 to 0.8, 300 queries, 2 missing, +0.125 from the baseline, p 0.004, better" in shown
    assert "recall per 1,000 tokens" in shown
    assert ">1,604</td>" in shown


def test_what_was_missed_stands_with_its_rank():
    shown = retrieval_report_html(records.retrieval_report("d"))
    assert "✗ 1 of 3" in shown
    assert "missed d (rank 23), d 3-9 (beyond 100)" in shown
    assert "not measured: d" in shown


def test_an_inconclusive_check_says_so_first():
    shown = retrieval_report_text(records.retrieval_report("why"))
    assert shown.startswith("? INCONCLUSIVE: why")
    assert "260 of 300 queries measured" in shown


def test_text_names_the_worst_queries():
    report = records.retrieval_report(per_query=(records.query_row("q1", excluded=""),))
    assert "1 query missed something at k = 10:" in retrieval_report_text(report)
    assert "q1 q1: q1 q1 (rank 23), q1 3-9 (beyond 100)" in retrieval_report_text(report)
    whole = replace(report, per_query=())
    assert "No query missed anything relevant at k = 10." in retrieval_report_text(whole)


def test_it_stays_small_whatever_it_holds():
    long = records.query_row("x" * 100_000, excluded="")
    many = (long,) * 5_000
    report = records.retrieval_report(
        per_query=many,
        slices=records.retrieval_report().slices * 5_000,
        rows=(records.row("y" * 50_000),) * 100,
        remarks=("z" * 100,) * 1_000,
    )
    assert len(retrieval_report_html(report)) < 800_000
    assert len(retrieval_report_text(report)) < 100_000
    body = report._repr_mimebundle_()["application/vnd.llmops.retrieval-report.v1+json"]
    assert len(json.dumps(body)) < 250_000
    assert body["cut"]["per_query"] == 5_000


def test_drift_names_what_entered_left_and_moved():
    shown = retrieval_drift_html(records.retrieval_drift("d"))
    assert "moved: d (relevant) rank 1 → rank 2, score 0.5 → 0.25" in shown
    assert f"entered: d (relevant) {NOTHING} → rank 3" in shown
    assert f"left: d (relevant) rank 4 → {NOTHING}" in shown
    text = retrieval_drift_text(records.retrieval_drift("d"))
    assert text.startswith("≠ CHANGED: d")
    assert "d recall@10  \N{MINUS SIGN}0.2" in text
    assert records.retrieval_drift("d").worse == ("d recall@10",)


def test_drift_stays_small_too():
    queries = (records.query_drift("x" * 50_000),) * 3_000
    first = records.retrieval_drift().retrievers[0]
    report = records.retrieval_drift(retrievers=(replace(first, per_query=queries),) * 6)
    assert len(retrieval_drift_html(report)) < 500_000
    body = report._repr_mimebundle_()["application/vnd.llmops.retrieval-drift.v1+json"]
    assert len(json.dumps(body)) < 250_000


def test_a_report_of_nothing_can_be_shown():
    empty = records.retrieval_report(rows=(), slices=(), per_query=(), reasons=(), remarks=())
    assert "Retrievers on the same queries" in retrieval_report_html(empty)
    assert QueryRow(query_id="q", text="", tags=(), relevant=0, results=()).missed == 0
