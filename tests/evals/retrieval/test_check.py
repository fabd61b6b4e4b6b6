"""A check over a real BM25 index, and over retrievers whose ranking is known."""

from __future__ import annotations

import pytest
from retrieval_parts import WORDS, lexical, listed, make_check, queries, query, source

from llmops_magics.errors import RetrievalError, UsageError
from llmops_magics.evals.retrieval.record import INCONCLUSIVE, MEASURED
from llmops_magics.evals.retrieval.request import Baseline
from llmops_magics.evals.retrieval.stored_check import find_check, ranked_lists
from llmops_magics.evals.stored import load_run
from llmops_magics.release.gate.observation import observe
from llmops_magics.release.gate.rule import parse_rule
from llmops_magics.retrieval.measure.query import QuerySet, Relevant


def first(number):
    return [f"d{number}"]


def never(number):
    return []


def late(number):
    """The right document at rank 12 of what has only 8 documents' names and some more."""
    return [f"x{n}" for n in range(11)] + [f"d{number}"]


def test_bm25_finds_each_document_by_its_word(store):
    report = make_check(store).run()
    assert report.verdict == MEASURED
    row = report.row("lexical")
    assert [row.score(f"{m}@5").mean for m in ("recall", "ndcg", "mrr", "hit_rate")] == [1] * 4
    assert row.score("precision@5").mean == pytest.approx(1 / 5)
    # nine tokens: All about the refund and nothing else .
    assert row.context_tokens == {"5": 8, "10": 8, "20": 8}
    assert report.row("lexical").score("recall_per_1k_tokens@5").mean == pytest.approx(125)
    assert {r.query_id: len(r.results[0].missed) for r in report.per_query} == dict.fromkeys(
        (f"q{n}" for n in range(8)), 0
    )


def test_each_retriever_is_an_eval_run_that_gates_can_name(store):
    report = make_check(store, over=source(lexical(), listed(never))).run()
    run = report.run("lexical")
    assert observe(parse_rule("recall@10 >= 0.8"), run).estimate.value == 1
    stored = load_run(store, run.run_id)
    assert stored.prompt == run.prompt
    assert stored.summary == run.summary
    assert stored.samples == run.samples
    assert stored.dataset_digest == report.queries_digest
    assert stored.settings == {"retriever": "lexical", "depth": 100}
    with pytest.raises(UsageError, match="'dense' was not measured"):
        report.run("dense")


def test_rows_are_held_against_the_first_paired_and_adjusted(store):
    """Every query flips: exact McNemar 2/2^8 a score, many scores are adjusted for one another."""
    report = make_check(store, over=source(listed(never), lexical())).run()
    against = report.row("lexical").score("hit_rate@5").against
    assert (against.difference, against.n) == (1, 8)
    assert against.p_adjusted > 2 / 2**8
    assert report.row("listed").score("hit_rate@5").against is None
    assert report.row("lexical").against == report.row("listed").run_id


def test_what_was_missed_stands_with_its_rank(store):
    report = make_check(store, over=source(listed(late), listed(never, name="none"))).run()
    row = report.per_query[0]
    late_result, none_result = row.results
    assert (late_result.found, late_result.missed[0].rank) == (0, 12)
    assert none_result.missed[0].rank is None
    assert report.k == 10
    assert report.row("listed").score("recall@20").mean == 1


def test_the_search_goes_deeper_than_k(store):
    searcher = listed(first)
    make_check(store, over=source(searcher), ks=(5,), depth=100).run()
    assert set(searcher.asked) == {100}
    make_check(store, over=source(searcher), ks=(200,), depth=100).run()
    assert searcher.asked[-1] == 200


def test_unknown_documents_are_counted_and_out_of_the_means(store):
    asked = QuerySet(name="asked", queries=(*queries(8).queries[:-1], query(7, "gone")))
    report = make_check(store, asked).run()
    score = report.row("lexical").score("recall@5")
    assert (score.mean, score.n, score.missing) == (1, 7, 1)
    assert (report.excluded, report.verdict) == (1, INCONCLUSIVE)  # 1 of 8 is over 10%
    assert report.remarks[0].startswith("1 labels name documents that the index does not hold: go")
    assert report.per_query[-1].excluded == "unknown document: gone"
    assert observe(parse_rule("recall@5 >= 0.8"), report.run("lexical")).missing == 1


def test_spans_outside_the_document_are_out_too(store):
    label = Relevant(document_id="d0", start=5, end=5000)
    asked = QuerySet(name="asked", queries=(query(0, relevant=(label,)), *queries(30).queries[1:8]))
    report = make_check(store, asked).run()
    assert report.row("lexical").score("token_recall@5").n == 0
    assert "1 labels name a span outside their document: d0 5-5000." in report.remarks


def test_an_index_that_moves_voids_the_check(store):
    states = iter(["sha256:a", "sha256:b", "sha256:b"])
    report = make_check(store, over=source(lexical(), fingerprint=lambda: next(states))).run()
    assert report.verdict == INCONCLUSIVE
    assert report.reasons == ("The index of docs changed while lexical searched it.",)
    assert report.row("lexical").score("recall@5").mean is None
    assert report.run("lexical").summary.errors == 8


def test_an_index_that_moves_between_retrievers_voids_the_check(store):
    states = iter(["a", "a", "b", "b"])
    over = source(lexical(), listed(first), fingerprint=lambda: next(states))
    assert make_check(store, over=over).run().reasons == (
        "The index changed between two retrievers: they searched different ones.",
    )


def test_k_beyond_the_corpus_is_measured_and_said(store):
    report = make_check(store, ks=(5, 50)).run()
    assert report.row("lexical").score("recall@50").mean == 1
    assert report.remarks == (
        "The index holds 8 documents, fewer than k = 50: precision is bounded by that.",
    )


@pytest.mark.parametrize("ks", [(), (0,), (5, 1001)])
def test_k_must_be_meant(store, ks):
    with pytest.raises(RetrievalError, match="k is"):
        make_check(store, ks=ks)


def test_slices_by_tag(store):
    asked = [query(n, tags=("hard" if n % 2 else "easy",)) for n in range(16)]
    right = {q.text: [q.relevant[0].document_id] for q in asked[:8] if "easy" in q.tags}
    over = source(listed(never, name="none"), lexical())
    over.searchers[0].lists.update(right)
    labels = [Relevant(document_id=f"d{n % 8}") for n in range(16)]
    asked = [query(n, tags=q.tags, relevant=(labels[n],)) for n, q in enumerate(asked)]
    report = make_check(store, QuerySet(name="asked", queries=tuple(asked)), over).run()
    found = {(s.retriever, s.tag): s for s in report.slices if s.scorer == "recall@10"}
    assert found["none", "easy"].mean == 1
    assert found["none", "hard"].mean == 0
    assert found["lexical", "hard"].difference == 1
    assert found["lexical", "easy"].difference == 0


def test_groups_cluster_the_intervals(store):
    asked = QuerySet(
        name="asked", queries=tuple(query(n, group=f"source {n // 2}") for n in range(8))
    )
    report = make_check(store, asked, source(listed(lambda n: first(n) if n > 1 else []))).run()
    assert report.run("listed").summary.scores[0].groups == 4


def test_an_earlier_run_is_a_baseline(store):
    before = make_check(store, over=source(listed(never))).run()
    again = make_check(store, over=source(listed(first)))
    baseline = Baseline(name="earlier", runs={"listed": before.run("listed")}, rows=())
    report = again.run(baseline)
    assert report.row("listed").score("recall@5").against.difference == 1
    assert report.row("listed").against == before.row("listed").run_id


def test_another_corpus_is_a_baseline_with_rows_of_its_own(store):
    other = source(listed(never), corpus="old")
    report = make_check(store, over=source(listed(first))).run(Baseline(name="old", source=other))
    assert [(r.corpus, r.is_baseline) for r in report.rows] == [("docs", False), ("old", True)]
    assert report.row("listed").score("recall@5").against.difference == 1


def test_a_check_is_found_again_with_its_lists(store):
    report = make_check(store).run()
    make_check(store, over=source(corpus="other")).run()
    found = find_check(store, report.report_id[-4:], corpus="docs")
    assert found.check_id == report.report_id == find_check(store, "newest", corpus="docs").check_id
    lists = ranked_lists(store, found)
    assert lists.of("lexical")["q3"][0].document_id == "d3"
    with pytest.raises(UsageError, match="there is no retrieval check 'nope'"):
        find_check(store, "nope")


def test_queries_are_masked_where_they_are_shown(store):
    text = f"Mail to anna@example.com about the {WORDS[0]}?"
    asked = QuerySet(name="asked", queries=(query(0, text=text),))
    report = make_check(store, asked).run()
    assert "anna@" not in str(report.to_dict())
    assert "anna@" not in str(report.run("lexical").to_dict())
    assert text in str(make_check(store, asked, redacted=False).run().to_dict())


def test_tables(store):
    report = make_check(store, over=source(listed(never), lexical())).run()
    frame = report.to_pandas()
    assert list(frame["k"]) == [5, 10, 20] * 2
    assert list(frame["recall"]) == [0] * 3 + [1] * 3
    assert frame["recall.difference"][3] == 1
    queries_frame = report.queries_to_pandas()
    assert len(queries_frame) == 16
