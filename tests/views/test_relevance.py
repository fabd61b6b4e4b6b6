from __future__ import annotations

import relevance_records as records

from llmops_magics.views.relevance import (
    query_synthesis_html,
    query_synthesis_text,
    relevance_labelling_html,
    relevance_labelling_text,
)


def test_a_synthesis_says_what_was_dropped_and_that_it_is_synthetic():
    for shown in (
        query_synthesis_html(records.synthesis()),
        query_synthesis_text(records.synthesis()),
    ):
        assert "2 synthetic questions" in shown
        assert "of 5 chunks asked about" in shown
        assert "a quote that the passage does not hold exactly" in shown
        assert "4 chunks were too short" in shown
    assert "no dataset was made" in query_synthesis_text(records.synthesis(count=0, dataset=""))


def test_an_unknown_cost_is_not_0():
    assert "cost unknown" in query_synthesis_text(records.synthesis(cost_usd=None))


def test_a_labelling_says_how_far_it_is_and_how_far_people_agree():
    for shown in (
        relevance_labelling_html(records.labelling()),
        relevance_labelling_text(records.labelling()),
    ):
        assert "6 of 16 passages" in shown
        assert "10 passages open" in shown
        assert "alpha 0.5 (ordinal)" in shown
        assert "--write" in shown


def test_views_stay_small():
    record = records.labelling("wide " * 80, count=200)
    assert len(relevance_labelling_html(record).encode()) < 300_000
    assert len(query_synthesis_html(records.synthesis("wide " * 80, count=50)).encode()) < 300_000
