from __future__ import annotations

import pytest
from retrieval_parts import queries, query

from llmops_magics.errors import RetrievalError
from llmops_magics.evals.retrieval.scoring import Scoring, scorer_digests, scorer_names
from llmops_magics.retrieval.measure.query import QuerySet, Relevant
from llmops_magics.retrieval.measure.ranking import Hit
from llmops_magics.retrieval.measure.text import Tokens

TOKENS = Tokens({"d0": "a b c d e f g h i j", "d1": "one two three"})


def score(asked, hits, ks=(1, 2), broken=None):
    scoring = Scoring(
        queries=asked.queries, cases=asked.as_dataset().cases, ks=ks, tokens=TOKENS,
        broken=broken or {},
    )  # fmt: skip
    return scoring.score("listed", hits)


def test_documents_are_ranked_by_their_best_chunk():
    hits = [(Hit("d1", 0, 3, 0.9), Hit("d0", 0, 3, 0.8), Hit("d1", 4, 7, 0.7))]
    sample = score(queries(1), hits).samples[0]
    assert sample.output == '["d1","d0"]'
    assert (sample.value("recall@1"), sample.value("recall@2")) == (0, 1)
    assert (sample.value("hit_rate@1"), sample.value("hit_rate@2")) == (False, True)


def test_recall_stands_against_the_tokens_it_took():
    """d1's chunk has 3 tokens, d0's ten: at k = 2 recall 1 took 13 tokens."""
    found = score(queries(1), [(Hit("d1", 0, None, 0.9), Hit("d0", 0, 19, 0.8))])
    assert found.context_tokens == {1: 3, 2: 13}
    assert found.samples[0].value("recall_per_1k_tokens@2") == pytest.approx(1000 / 13)
    assert found.samples[0].value("recall_per_1k_tokens@1") == 0


def test_spans_are_measured_on_chunks_and_economy_goes_by_them():
    """Wanted b to e, 4 tokens; the first chunk holds a b c, the second d e f."""
    label = Relevant(document_id="d0", start=2, end=9)
    asked = QuerySet(name="asked", queries=(query(0, relevant=(label,)),))
    found = score(asked, [(Hit("d0", 0, 5, 0.9), Hit("d0", 6, 11, 0.8))]).samples[0]
    assert found.value("token_recall@1") == 2 / 4
    assert found.value("token_recall@2") == 1
    assert found.value("token_precision@2") == 4 / 6
    assert found.value("token_iou@2") == 4 / 6
    assert found.value("recall_per_1k_tokens@2") == pytest.approx(1000 / 6)


def test_tokens_say_nothing_of_a_query_without_spans():
    label = Relevant(document_id="d0", start=2, end=9)
    asked = QuerySet(name="asked", queries=(query(0, relevant=(label,)), query(1)))
    samples = score(asked, [(), ()]).samples
    (missing,) = [s for s in samples[1].scores if s.scorer == "token_recall@1"]
    assert (missing.value, missing.applicable) == (None, False)
    assert not samples[1].failed or samples[1].value("hit_rate@1") is False


def test_a_query_that_cannot_be_measured_is_missing_and_never_0():
    sample = score(queries(1), [()], broken={"q0": "unknown document: x"}).samples[0]
    assert {s.value for s in sample.scores} == {None}
    assert all(s.applicable and s.reason == "unknown document: x" for s in sample.scores)


def test_a_score_that_is_no_number_is_refused():
    with pytest.raises(RetrievalError, match="listed scored 'd1' with nan"):
        score(queries(1), [(Hit("d1", 0, 3, float("nan")),)])


def test_names_and_digests():
    names = scorer_names((5,), with_spans=True)
    assert names[:5] == (
        "token_recall@5", "token_precision@5", "token_iou@5", "recall@5", "recall_per_1k_tokens@5",
    )  # fmt: skip
    assert len(set(scorer_digests(names).values())) == len(names) == 10
