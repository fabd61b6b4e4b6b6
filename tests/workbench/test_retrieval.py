"""``workspace.retrieval`` over a corpus that stands in for an index, searched with real BM25."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace

import pytest

from llmops_magics.errors import RetrievalError, UsageError
from llmops_magics.evals.retrieval.drift import CHANGED, INCONCLUSIVE, UNCHANGED
from llmops_magics.record import digest
from llmops_magics.retrieval.access import ANONYMOUS, Principal
from llmops_magics.retrieval.chunking.chunk import Chunk
from llmops_magics.retrieval.search.dense import DenseSearcher
from llmops_magics.retrieval.search.lexical import LexicalSearcher
from llmops_magics.retrieval.search.spec import make_searcher
from llmops_magics.workbench.retrieval import Retrieval
from llmops_magics.workspace import Workspace

WORDS = ("refund", "parcel", "invoice", "password", "warranty", "holiday", "carpet", "engine")
QUERIES = [
    {"id": f"q{n}", "text": f"Where is the {word}?", "relevant": [f"d{n}"]}
    for n, word in enumerate(WORDS)
]


@dataclass(frozen=True)
class Manifest:
    fingerprint: str
    embedding_model: str = "local/minilm"

    def to_dict(self):
        return {"kind": "index-manifest", "fingerprint": self.fingerprint, "chunker": "whole"}


@dataclass
class Shelf:
    """Stands in for the indexes and the search of a workspace."""

    texts: dict[str, list[str]] = field(default_factory=dict)
    moves_at: int = -1
    searches: int = 0

    def manifest(self, corpus):
        if corpus not in self.texts:
            raise RetrievalError(f"no corpus is called {corpus!r}.")
        moved = self.searches if self.searches >= self.moves_at >= 0 else 0
        return Manifest(digest([self.texts[corpus], moved]))

    def chunks(self, corpus):
        return [
            Chunk(
                id=f"c{n}", document_id=f"d{n}", number=0, start=0, end=len(text), text=text,
                token_count=1,
            )
            for n, text in enumerate(self.texts[corpus])
        ]  # fmt: skip

    def search(self, corpus, queries, *, k, retriever, principal, namespace=None):
        self.searches += 1
        lexical = LexicalSearcher(lambda: self.chunks(corpus))
        dense = DenseSearcher(lambda asked, _k, _principal: [[] for _ in asked])
        found = make_searcher(retriever, dense=dense, lexical=lexical, namespace=namespace)
        return found.search(queries, k=k, principal=principal)


@pytest.fixture
def shelf():
    texts = [f"All about the {word} and nothing else." for word in WORDS]
    return Shelf({"docs": texts, "other": list(reversed(texts))})


@pytest.fixture
def retrieval(tmp_path, shelf):
    workspace = Workspace(tmp_path)
    yield Retrieval(
        workspace._evaluating.bench,
        search=shelf.search,
        indexes=lambda: shelf,
        principal=lambda: ANONYMOUS,
        actor=lambda: "tester",
    )
    workspace.close()


def recall(report, retriever):
    return report.row(retriever).score("recall@5").mean


def test_three_retrievers_side_by_side(retrieval):
    report = retrieval.check("docs", QUERIES)
    assert [row.retriever for row in report.rows] == ["lexical", "dense", "hybrid"]
    assert [recall(report, name) for name in ("lexical", "dense", "hybrid")] == [1, 0, 1]
    assert report.row("dense").score("recall@5").against.difference == -1
    assert report.row("hybrid").score("recall@5").against.verdict == "within noise"


def test_queries_from_a_file_a_frame_and_a_dataset_are_one(retrieval, tmp_path):
    import pandas as pd

    path = tmp_path / "asked.jsonl"
    path.write_text("\n".join(map(json.dumps, QUERIES)))
    asked = [path, QUERIES, pd.DataFrame(QUERIES)]
    reports = [retrieval.check("docs", each, retrievers=["lexical"]) for each in asked]
    reports.append(retrieval.check("docs", reports[0].queries, retrievers=["lexical"]))
    assert len({report.queries_digest for report in reports}) == 1
    assert reports[0].queries == reports[-1].queries == "asked@1"


def test_a_baseline_that_is_a_retriever_is_measured_too(retrieval):
    report = retrieval.check("docs", QUERIES, retrievers=["hybrid"], baseline="dense")
    assert [row.retriever for row in report.rows] == ["dense", "hybrid"]
    assert report.row("hybrid").score("recall@5").against.difference == 1


def test_a_baseline_that_is_an_earlier_check(retrieval, shelf):
    first = retrieval.check("docs", QUERIES, retrievers=["lexical", "hybrid"])
    shelf.texts["docs"][0] = "Something else altogether."
    report = retrieval.check("docs", QUERIES, retrievers=["hybrid"], baseline=first.report_id[-6:])
    assert report.row("hybrid").score("recall@5").against.difference == pytest.approx(-1 / 8)
    assert report.row("hybrid").against == first.row("hybrid").run_id
    assert [row.is_baseline for row in report.rows] == [False, True, True]
    alone = f"{first.report_id}/lexical"
    report = retrieval.check("docs", QUERIES, retrievers=["hybrid"], baseline=alone)
    assert report.row("hybrid").against == first.row("lexical").run_id
    with pytest.raises(UsageError, match="did not measure 'dense'"):
        retrieval.check("docs", QUERIES, baseline=f"{first.report_id}/dense")


def test_a_baseline_that_is_another_corpus(retrieval):
    report = retrieval.check("docs", QUERIES, retrievers=["lexical"], baseline="other")
    assert [(row.corpus, row.is_baseline) for row in report.rows] == [
        ("docs", False),
        ("other", True),
    ]
    assert report.row("lexical").score("recall@5").against.difference == 1  # ids are reversed there
    with pytest.raises(UsageError, match="is no retriever, no earlier check and no corpus"):
        retrieval.check("docs", QUERIES, baseline="nothing")
    with pytest.raises(UsageError, match="cannot be its own baseline"):
        retrieval.check("docs", QUERIES, baseline="docs")


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"corpus": "nowhere"}, RetrievalError, "no corpus is called 'nowhere'"),
        ({"queries": "nowhere.jsonl"}, RetrievalError, "there is no file and no dataset"),
        ({"queries": 7}, RetrievalError, "queries cannot be read from a int"),
        ({"queries": []}, RetrievalError, "queries holds no queries"),
        ({"retrievers": ["magic"]}, UsageError, "no retriever 'magic'"),
        ({"retrievers": []}, UsageError, "no retriever is named"),
        ({"ks": []}, RetrievalError, "k is missing"),
    ],
)
def test_what_cannot_be_meant(retrieval, given, error, words):
    with pytest.raises(error, match=words):
        retrieval.check(**{"corpus": "docs", "queries": QUERIES, **given})


def test_nothing_is_stored_of_a_check_that_was_stopped(retrieval, shelf):
    def stop(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        retrieval.check("docs", QUERIES, on_progress=stop)
    with pytest.raises(UsageError, match="there is no retrieval check 'newest' of docs"):
        retrieval.drift("docs")
    assert shelf.searches == 1


def test_drift_asks_the_same_queries_again(retrieval, shelf):
    first = retrieval.check("docs", QUERIES, retrievers=["lexical"])
    same = retrieval.drift("docs")
    assert (same.verdict, same.then) == (UNCHANGED, first.report_id)
    shelf.texts["docs"][0] = "Something else altogether."
    shelf.texts["docs"].append("A refund of another kind.")
    changed = retrieval.drift("docs")
    assert (changed.verdict, changed.then) == (CHANGED, same.now)
    (retriever,) = changed.retrievers
    query = next(each for each in retriever.per_query if each.query_id == "q0")
    kinds = {movement.document_id: movement.kind for movement in query.movements}
    assert kinds == {"d0": "left", "d8": "entered"}
    assert changed.index_then != changed.index_now
    recall_now = next(d for d in retriever.differences if d.scorer == "recall@5")
    assert recall_now.difference == pytest.approx(-1 / 8)
    assert changed.worse == ()  # one query of eight is within noise


def test_drift_is_void_where_the_index_moves(retrieval, shelf):
    retrieval.check("docs", QUERIES, retrievers=["lexical"])
    shelf.moves_at = shelf.searches
    found = retrieval.drift("docs")
    assert found.verdict == INCONCLUSIVE
    assert found.reasons == ("The index of docs changed while lexical searched it.",)


def test_drift_names_a_retriever_that_was_not_measured(retrieval):
    retrieval.check("docs", QUERIES, retrievers=["lexical"])
    with pytest.raises(UsageError, match="did not measure dense"):
        retrieval.drift("docs", retrievers=["dense"])


def test_spans_go_through_the_dataset(retrieval):
    label = {"document_id": "d0", "start": 10, "end": 20, "quote": "the refund"}
    asked = [{**QUERIES[0], "relevant": [label]}]
    report = retrieval.check("docs", asked, retrievers=["lexical"])
    assert report.row("lexical").score("token_recall@5").mean == 1
    assert retrieval.drift("docs").verdict == UNCHANGED


def test_the_index_is_named(retrieval, shelf):
    report = retrieval.check("docs", QUERIES, retrievers=["lexical"])
    assert report.index == {"fingerprint": report.index_fingerprint, "chunker": "whole"}
    assert replace(report, runs=()).to_dict()["kind"] == "retrieval-report"
    assert report.index_fingerprint == shelf.manifest("docs").fingerprint


def test_drift_is_told_to_nobody_who_may_read_other_documents(retrieval):
    board = Principal.of("ada", ["board"])
    theirs = retrieval.check("docs", QUERIES, retrievers=["lexical"], principal=board)
    with pytest.raises(UsageError, match="was made for other groups"):
        retrieval.check("docs", QUERIES, retrievers=["lexical"], baseline=theirs.report_id)
    with pytest.raises(UsageError, match="was made for other groups"):
        retrieval.drift("docs")
    assert retrieval.drift("docs", principal=board).verdict == UNCHANGED


def test_an_index_switched_before_the_first_search_decides_nothing(retrieval, shelf):
    """What the labels were held against is then not what is searched."""
    read = shelf.chunks

    def chunks(corpus):
        found = read(corpus)
        shelf.texts["docs"] = [*shelf.texts["docs"], "A build ended here."]
        shelf.chunks = read
        return found

    shelf.chunks = chunks
    report = retrieval.check("docs", QUERIES, retrievers=["lexical"])
    assert report.verdict == "INCONCLUSIVE"
    assert "changed while" in report.reasons[0]
