from __future__ import annotations

from dataclasses import replace

import pytest
from reviewed import make_sample, rows, samples_of, store_run

from llmops_magics.datasets.dataset import dataset_from_rows
from llmops_magics.errors import UsageError
from llmops_magics.evals.review.selection import Scope, disagreements, fails, places
from llmops_magics.evals.review.state import CaseReview, Verdict
from llmops_magics.evals.run import Score


def chosen(run, reviews=None, **scope):
    return [place.key[0][-2:] for place in places(run, Scope(**scope), reviews or {})]


def test_failing_is_usual_and_one_scorer_narrows_it(store):
    run = store_run(store, samples_of(15))
    assert chosen(run) == ["00", "05", "07", "10", "14"]
    assert chosen(run, scorer="exact_match") == ["00", "05", "10"]
    assert chosen(run, which="all", scorer="faithfulness") == [f"{n:02}" for n in range(15)]


def test_a_slice_is_a_tag(store):
    run = store_run(store, samples_of(7))
    assert chosen(run, tag="refund") == ["00", "03", "06"]


def test_scorers_disagree_where_one_says_yes_and_another_no(store):
    run = store_run(store, samples_of(15))
    assert chosen(run, which="disagreements") == ["07", "14"]


def test_repeats_disagree(store):
    data = dataset_from_rows(rows(2), "fees").cases
    samples = [
        make_sample(case, repeat, exact=good, judged=good)
        for case, answers in zip(data, [(True, False), (True, True)], strict=True)
        for repeat, good in enumerate(answers)
    ]
    run = store_run(store, samples, repeats=2)
    assert disagreements(run, {}) == {("case-00000", 0), ("case-00000", 1)}


def test_reviewers_disagree(store):
    run = store_run(store, samples_of(3))
    verdict = Verdict(scorer="exact_match", value=True, right=False, by="ada", at="t")
    review = CaseReview(case_id="case-00001", repeat=0, verdicts=(verdict,))
    assert chosen(run, {("case-00001", 0): review}, which="disagreements") == ["01"]
    assert disagreements(run, {("case-00001", 0): review}, "faithfulness") == frozenset()


def test_a_number_and_a_missing_score_can_fail():
    case = dataset_from_rows(rows(1), "fees").cases[0]
    scores = (
        Score(scorer="low", value=0.4),
        Score(scorer="high", value=0.6),
        Score(scorer="missing", value=None, reason="no JSON"),
        Score(scorer="none", value=None, applicable=False),
        Score(scorer="ms", value=412.0),
    )
    sample = replace(make_sample(case), scores=scores)
    assert [s.scorer for s in scores if fails(sample, s.scorer)] == ["low", "missing"]
    assert fails(replace(sample, error="429"), "high")


@pytest.mark.parametrize(
    ("scope", "said"), [({"tag": "none"}, "slice none"), ({"scorer": "x"}, "exact_match")]
)
def test_an_empty_scope_and_an_unknown_scorer_are_refused(store, scope, said):
    run = store_run(store, samples_of(3))
    with pytest.raises(UsageError, match=said):
        places(run, Scope(**scope), {})
