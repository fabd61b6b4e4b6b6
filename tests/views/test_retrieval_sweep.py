"""A sweep and its plan as they are shown."""

from __future__ import annotations

import json
from dataclasses import replace

import sweep_records as records

from llmops_magics.views.retrieval_sweep import (
    retrieval_sweep_html,
    retrieval_sweep_text,
)
from llmops_magics.views.retrieval_sweep_plan import retrieval_sweep_plan_text
from llmops_magics.views.sweep_plot import sweep_plot


def test_it_says_what_is_chosen_and_what_that_may_lose():
    shown = retrieval_sweep_text(records.sweep_report())
    assert shown.startswith("✓ CHOSEN: semchunk:200/0")
    assert "chosen by nDCG on 38 of 76 queries, 38 held out" in shown
    assert "It takes 50% of the context tokens" in shown
    assert "on the 38 queries held out (there 0.7 and 0.68): it may lose up to 0.05 (" in shown
    assert "Searched alike, nDCG changes by +0.03" in shown


def test_without_a_holdout_the_loss_is_that_of_the_queries_that_chose():
    shown = retrieval_sweep_text(records.sweep_report(held_out=None))
    assert "0.05 to +0.01, 95%) on the 76 queries that chose" in shown


def test_an_unknown_price_is_no_price_of_nothing():
    shown = retrieval_sweep_html(records.sweep_report())
    assert ">unknown</td>" in shown
    assert ">$0.0012</td>" in shown
    assert "cost not known" in retrieval_sweep_plan_text(records.sweep_plan())


def test_what_the_index_is_now():
    report = records.sweep_report()
    assert "index now" in retrieval_sweep_html(report)
    none = replace(report.change, chunker_now="", embedding_now="", chunks_now=None, gain=None)
    assert "The corpus has no index yet" in retrieval_sweep_text(replace(report, change=none))
    same = replace(report.change, line="")
    assert "cut and embedded so already" in retrieval_sweep_text(replace(report, change=same))


def test_an_inconclusive_sweep_chooses_nothing():
    report = records.every_record("why")[1]
    shown = retrieval_sweep_text(report)
    assert shown.startswith("? INCONCLUSIVE: why")
    assert "Best:" not in shown


def test_the_plot_says_in_words_what_it_shows():
    drawn = sweep_plot(records.sweep_report())
    assert drawn.png.startswith(b"\x89PNG")
    assert (
        "ndcg of 2 configurations, 0.73 to 0.75, against 450 to 900 context tokens" in drawn.words
    )
    assert "cheapest semchunk:200/0, semchunk:200/0, k=3: 0.73 at 450 tokens" in drawn.words
    assert 'alt="ndcg of 2' in drawn.html
    assert sweep_plot(records.sweep_report(rows=())) is None


def test_it_stays_small_whatever_it_holds():
    many = tuple(records.sweep_row("x" * 5_000, k=k) for k in range(500))
    report = records.sweep_report(rows=many, best=many[0].name, cheapest=many[-1].name)
    assert len(retrieval_sweep_html(report)) < 800_000
    assert len(retrieval_sweep_text(report)) < 60_000
    body = report._repr_mimebundle_()["application/vnd.llmops.retrieval-sweep.v1+json"]
    assert len(json.dumps(body)) < 250_000
    assert body["cut"]["rows"] == 500
