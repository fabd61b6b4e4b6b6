"""Metrics of rankings: by hand, and equal to trec_eval's on any run."""

from __future__ import annotations

import math

import ir_measures
import pytest
import pytrec_eval
from hypothesis import given, settings
from hypothesis import strategies as st

from llmops_magics.errors import RetrievalError
from llmops_magics.retrieval.measure.rank_metric import METRICS, metric_names, rank_scores
from llmops_magics.retrieval.measure.ranking import ranked

KS = (1, 3, 10)
TREC = {
    "recall": "recall",
    "precision": "P",
    "hit_rate": "success",
    "map": "map_cut",
    "ndcg": "ndcg_cut",
}
CUTS = ",".join(map(str, KS))
MEASURES = {f"{name}.{CUTS}" for name in TREC.values()} | {"recip_rank"}
# Few ids and few scores, so that ties and shared documents are common; 1e-10 apart is a tie too.
DOCUMENTS = st.sampled_from(["a", "b", "c", "d", "e", "é", "Z", "10", "9"])
SCORES = st.sampled_from([0.0, 0.5, 0.5 + 1e-10, 1.0, -2.5, 1e300]) | st.floats(-10, 10)
RUNS = st.dictionaries(st.sampled_from("qrst"), st.dictionaries(DOCUMENTS, SCORES, max_size=9))
QRELS = st.dictionaries(
    st.sampled_from("qrst"),
    st.dictionaries(DOCUMENTS, st.integers(-1, 3), min_size=1),
    min_size=1,
)


def by_trec(qrels, run):
    """What trec_eval says; of a query that the run lacks, it says what it says of an empty one."""
    evaluator = pytrec_eval.RelevanceEvaluator(qrels, MEASURES)
    return evaluator.evaluate({query: run.get(query, {}) for query in qrels})


def expected(found, metric, k):
    if metric == "mrr":  # trec_eval's has no cutoff
        return found["recip_rank"] if found["recip_rank"] >= 1 / k else 0.0
    return found[f"{TREC[metric]}_{k}"]


@settings(max_examples=300, deadline=None)
@given(QRELS, RUNS)
def test_every_metric_is_trec_evals(qrels, run):
    found, trec = rank_scores(qrels, run, KS), by_trec(qrels, run)
    for number, query in enumerate(found.query_ids):
        has_relevant = any(grade > 0 for grade in qrels[query].values())
        for metric in METRICS:
            for k in KS:
                own = float(found.values[f"{metric}@{k}"][number])
                if has_relevant:
                    assert own == pytest.approx(expected(trec[query], metric, k), abs=1e-6)
                else:
                    assert math.isnan(own)
                    assert expected(trec[query], metric, k) == 0  # which we do not call a score


@settings(max_examples=100, deadline=None)
@given(QRELS, RUNS)
def test_ranks_are_those_of_the_order_that_is_shown(qrels, run):
    found = rank_scores(qrels, run, KS)
    for query, ranks in zip(found.query_ids, found.ranks, strict=True):
        order = ranked(run.get(query, {}))
        assert all(order[rank - 1] == document for document, rank in ranks.items())


def test_by_hand():
    """Relevant: a at rank 1, c at rank 3, z never. Order of gain: 2, 1, 1."""
    qrels = {"q": {"a": 1, "c": 2, "z": 1, "b": 0}}
    found = rank_scores(qrels, {"q": {"a": 9.0, "b": 8.0, "c": 7.0}}, (1, 3))
    assert found.mean("recall@3") == pytest.approx(2 / 3)
    assert found.mean("precision@3") == pytest.approx(2 / 3)
    assert found.mean("hit_rate@1") == found.mean("mrr@3") == 1
    assert found.mean("map@3") == pytest.approx((1 / 1 + 2 / 3) / 3)
    ideal = 2 + 1 / math.log2(3) + 1 / 2
    assert found.mean("ndcg@3") == pytest.approx((1 + 2 / 2) / ideal)
    assert found.ranks == ({"a": 1, "c": 3},)


def test_ir_measures_agrees():
    measures = (ir_measures.nDCG, ir_measures.R, ir_measures.P, ir_measures.AP, ir_measures.RR)
    names = ("ndcg", "recall", "precision", "map", "mrr")
    qrels = {f"q{n}": {f"d{n}": 1, f"d{n + 1}": 2} for n in range(30)}
    run = {f"q{n}": {f"d{(7 * i + n) % 40}": 1.0 / (i + 1) for i in range(20)} for n in range(30)}
    found = rank_scores(qrels, run, (5,))
    theirs = ir_measures.calc_aggregate([measure @ 5 for measure in measures], qrels, run)
    for name, measure in zip(names, measures, strict=True):
        assert found.mean(f"{name}@5") == pytest.approx(theirs[measure @ 5], abs=1e-6)


def test_a_query_that_found_nothing_counts_as_0_and_one_without_relevant_not_at_all():
    qrels = {"hit": {"a": 1}, "silent": {"a": 1}, "idle": {"a": 0}}
    found = rank_scores(qrels, {"hit": {"a": 1.0}, "idle": {"a": 1.0}}, (5,))
    assert found.values["recall@5"].tolist()[:2] == [1.0, 0.0]
    assert found.mean("recall@5") == 0.5
    assert rank_scores({"q": {"a": 0}}, {}, (5,)).mean("ndcg@5") is None


def test_ties_go_by_the_document_with_the_last_id():
    found = rank_scores({"q": {"a": 1}}, {"q": {"a": 1.0, "b": 1.0}}, (1, 2))
    assert (found.mean("recall@1"), found.mean("recall@2")) == (0, 1)


def test_k_beyond_what_was_fetched_divides_precision_all_the_same():
    assert rank_scores({"q": {"a": 1}}, {"q": {"a": 1.0}}, (10,)).mean("precision@10") == 0.1


@pytest.mark.parametrize("score", [math.nan, math.inf, -math.inf])
def test_a_score_that_is_no_number_is_refused_with_its_query(score):
    run = {"p": {"a": 1.0}, "q": {"a": 1.0, "b": score}}
    with pytest.raises(RetrievalError, match="the query 'q' has a score"):
        rank_scores({"p": {"a": 1}, "q": {"a": 1}}, run, (5,))


def test_blocks_of_queries_are_joined(monkeypatch):
    from llmops_magics.retrieval.measure import rank_metric

    qrels = {f"q{n}": {"a": 1} for n in range(7)}
    run = {f"q{n}": {"a": 1.0, **{f"b{i}": 2.0 for i in range(n)}} for n in range(7)}
    whole = rank_scores(qrels, run, (3,))
    monkeypatch.setattr(rank_metric, "_QUERIES_AT_ONCE", 2)
    monkeypatch.setattr(rank_metric, "_CELLS_AT_ONCE", 3)
    parts = rank_scores(qrels, run, (3,))
    assert [ranks["a"] for ranks in parts.ranks] == [1, 2, 3, 4, 5, 6, 7]
    assert parts.values["mrr@3"].tolist() == whole.values["mrr@3"].tolist()


def test_names():
    assert metric_names((5,)) == (
        "recall@5",
        "precision@5",
        "hit_rate@5",
        "mrr@5",
        "map@5",
        "ndcg@5",
    )
