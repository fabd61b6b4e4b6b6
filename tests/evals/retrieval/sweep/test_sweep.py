"""A whole sweep over texts and an embedder whose vectors can be checked by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from llmops_magics.errors import UsageError
from llmops_magics.evals.retrieval.sweep.grid import Grid
from llmops_magics.evals.retrieval.sweep.plan import Planning
from llmops_magics.evals.retrieval.sweep.record import report_of
from llmops_magics.evals.retrieval.sweep.request import Current, SweepRequest
from llmops_magics.evals.retrieval.sweep.stored import keep_sweep, load_sweep
from llmops_magics.evals.retrieval.sweep.sweep import run_sweep
from llmops_magics.evals.retrieval.sweep.trial import Material
from llmops_magics.retrieval.access import ANONYMOUS
from llmops_magics.retrieval.document import Document
from llmops_magics.retrieval.embedding.cache import EmbeddingCache
from llmops_magics.retrieval.measure.reader import numbered, read_rows
from llmops_magics.storage.store import Store

COLOURS = (
    "red", "green", "blue", "grey", "pink", "teal", "gold", "navy", "plum", "lime", "rust", "sand",
)  # fmt: skip


class ColourEmbedder:
    name, dimension, fingerprint, max_tokens = "test/colours", 12, "sha256:colours", 12

    def __init__(self):
        self.texts = []

    def embed(self, texts):
        import numpy as np

        self.texts += texts
        rows = [[text.lower().count(colour) for colour in COLOURS] for text in texts]
        return np.array(rows, dtype=np.float32) + np.float32(0.001)


DOCUMENTS = tuple(
    Document(id=colour, text=f"All of {colour} there is to say and more. Nothing but filler here.")
    for colour in COLOURS
)
ROWS = [{"id": f"q{n}", "text": c, "relevant": [c]} for n, c in enumerate(COLOURS)]
GRID = Grid(pairs=(("whole", "colours"), ("tokens:8/0", "colours")), ks=(1, 3))


@pytest.fixture
def embedder():
    return ColourEmbedder()


@pytest.fixture
def material(embedder, tmp_path):
    cache = EmbeddingCache(tmp_path)
    return Material(
        corpus="paint", documents=DOCUMENTS, embedders=lambda _spec: embedder, cache=cache
    )


def asked(rows=ROWS, grid=GRID, **changes):
    queries = read_rows(numbered(rows, "asked"), "asked")
    return SweepRequest(
        ref="paint", fingerprint="sha256:paint", grid=grid, queries=queries,
        dataset=queries.as_dataset(), principal=ANONYMOUS, **changes,
    )  # fmt: skip


def test_every_configuration_is_measured_and_each_text_embedded_once(material, embedder):
    report = run_sweep(asked(), material)
    assert len(report.rows) == 2 * 3 * 2
    assert {row.scores["ndcg"] for row in report.rows} == {1.0}
    chunks = [text for text in embedder.texts if text not in COLOURS]
    assert len(chunks) == len(set(chunks)) == report.embedded
    again = run_sweep(asked(), material)
    assert (again.embedded, again.reused) == (0, report.embedded)


def test_where_all_are_alike_the_fewest_tokens_are_chosen(material):
    report = run_sweep(asked(), material)
    cheapest = report.row(report.cheapest)
    assert (cheapest.chunker, cheapest.k) == ("tokens:8/0", 1)
    assert cheapest.context_tokens == min(row.context_tokens for row in report.rows)
    assert report.verdict == "CHOSEN"
    assert report.optimism == 0


def test_spans_choose_by_tokens(material):
    rows = [
        {**row, "relevant": [{"document_id": c, "start": 7, "end": 7 + len(c)}]}
        for row, c in zip(ROWS, COLOURS, strict=True)
    ]
    report = run_sweep(asked(rows), material)
    assert report.score == "token_recall"
    assert report.row(report.best).scores["token_recall"] == 1
    assert report.row(report.best).scores["token_iou"] == pytest.approx(1 / 7, abs=0.01)


def test_what_chunks_share_is_counted_as_often_as_a_prompt_has_it(material):
    rows = [{**ROWS[0], "relevant": [{"document_id": "red", "start": 7, "end": 10}]}]
    one = replace(material, documents=(Document(id="red", text="red a b c d e f g"),))
    grid = Grid(pairs=(("tokens:4/0", "x"), ("tokens:4/2", "x")), retrievers=("dense",), ks=(3,))
    rows[0]["relevant"][0] |= {"start": 0, "end": 3}
    report = run_sweep(asked(rows, grid), one)
    tokens = {row.chunker: row.context_tokens for row in report.rows}
    assert tokens == {"tokens:4/0": 8, "tokens:4/2": 12}


def test_lexical_search_is_measured_once_for_all_embedders(material):
    grid = Grid(pairs=(("whole", "a"), ("whole", "b")), ks=(1,))
    report = run_sweep(asked(grid=grid), material)
    names = sorted((row.embedding, row.retriever) for row in report.rows)
    assert names == [("a", "dense"), ("a", "hybrid"), ("a", "lexical"), ("b", "dense"),
                     ("b", "hybrid")]  # fmt: skip


def test_a_holdout_chooses_on_one_half_and_reports_on_the_other(material):
    rows = [{**row, "id": f"{row['id']}-{n}"} for n in range(2) for row in ROWS]
    report = run_sweep(asked(rows, holdout=0.5), material)
    assert (report.chosen_on, report.held_out.n) == (12, 12)
    assert report.held_out.best.value == 1
    assert not any("flatters" in words for words in report.remarks)
    assert {row.n for row in report.rows} == {12}


@pytest.mark.parametrize(("groups", "held"), [(2, 12), (1, None)])
def test_what_chooses_is_never_held_out(material, groups, held):
    rows = [{**row, "id": f"{row['id']}-{n}", "group": f"g{n % groups}"}
            for n in range(2) for row in ROWS]  # fmt: skip
    report = run_sweep(asked(rows, holdout=0.8), material)
    assert report.chosen_on == (12 if held else 24)
    assert (report.held_out.n if report.held_out else None) == held
    assert (report.verdict == "INCONCLUSIVE") is (held is None)


def test_what_it_would_change(material):
    grid = replace(GRID, retrievers=("dense",), ks=(1,))
    current = Current(chunker="whole", embedding="colours", chunks=12, is_same_corpus=False)
    report = run_sweep(asked(grid=grid, current=current), material)
    change = report.change
    assert (change.chunker_now, change.chunker) == ("whole", "tokens:8/0")
    assert (change.gain.value, change.gain.verdict) == (0, "within noise")
    assert change.line == "%llm_index build paint --chunker tokens:8/0 --embedding colours"
    assert any("another version of the corpus" in words for words in report.remarks)
    assert [row.is_current for row in report.rows].count(True) == 1
    same = replace(current, chunker="tokens:8/0")
    assert run_sweep(asked(grid=grid, current=same), material).change.line == ""


def test_too_few_queries_choose_nothing(material):
    report = run_sweep(asked(ROWS[:9]), material)
    assert (report.verdict, report.best, report.change) == ("INCONCLUSIVE", "", None)
    assert report.reasons == ("9 queries are too few: choosing takes 10.",)
    assert len(report.rows) == 12


def test_labels_that_no_corpus_can_satisfy(material):
    wrong = [{**row, "relevant": ["nowhere"]} for row in ROWS]
    report = run_sweep(asked([*ROWS, {**wrong[0], "id": "x"}]), material)
    assert (report.excluded, report.chosen_on) == (1, 12)
    with pytest.raises(UsageError, match="no query can be measured"):
        run_sweep(asked(wrong), material)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"score": "ndcg@10"}, "no score 'ndcg@10' to choose by"),
        ({"score": "token_recall"}, "no score 'token_recall'"),
        ({"holdout": 0.95}, "holdout is 0.95"),
        ({"margin": -1}, "margin is -1"),
    ],
)
def test_what_cannot_be_meant(given, words):
    with pytest.raises(UsageError, match=words):
        asked(**given)


def test_chunks_longer_than_the_embedder_reads_are_counted(material):
    report = run_sweep(asked(), material)
    assert {row.chunker: row.too_long for row in report.rows} == {"whole": 12, "tokens:8/0": 0}
    assert any(words.startswith("whole: 12 of 12 chunks are longer") for words in report.remarks)


def test_ctrl_c_keeps_the_vectors_made(material, embedder):
    def stop(title, *_):
        if title == "paint: search, whole":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_sweep(asked(), material, stop)
    report = run_sweep(asked(), material)
    assert report.reused == len(DOCUMENTS)
    assert embedder.texts.count(DOCUMENTS[0].text) == 1


def test_the_plan_counts_what_a_sweep_embeds(material):
    plan = Planning(material, GRID).plan("asked", 12, ())
    assert (plan.configurations, plan.seconds, plan.cost_usd) == (12, None, None)
    assert plan.missing == run_sweep(asked(), material).embedded
    done = Planning(material, GRID).plan("asked", 12, ())
    assert (done.missing, done.seconds) == (0, 0.0)
    lexical = Planning(material, replace(GRID, retrievers=("lexical",))).plan("asked", 12, ())
    assert (lexical.missing, lexical.configurations) == (0, 4)


def test_a_reranker_of_the_notebook(material):
    grid = Grid(pairs=(("whole", "x"),), retrievers=("dense+rerank:last",), ks=(1,))
    names = {"last": lambda _query, texts: range(len(texts))}
    report = run_sweep(asked(grid=grid), replace(material, namespace=names))
    assert report.rows[0].retriever == "dense+rerank:last"
    assert report.rows[0].scores["ndcg"] < 1


def test_a_stored_sweep_is_found_again(material, tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 'db.sqlite'}")
    report = run_sweep(asked(holdout=0.2), material)
    keep_sweep(store, report, lambda: "ada")
    assert load_sweep(store, "newest") == load_sweep(store, report.sweep_id[-6:]) == report
    assert report_of(report.to_dict()) == report
    for unknown in ("nowhere", "", report.sweep_id[-3:]):
        with pytest.raises(UsageError, match="there is no sweep"):
            load_sweep(store, unknown)
    store.close()
