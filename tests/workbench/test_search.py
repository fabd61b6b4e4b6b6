"""``workspace.search`` over a real Chroma index, with vectors that can be checked by hand."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest

from llmops_magics.errors import RetrievalError, UsageError
from llmops_magics.retrieval.access import ANONYMOUS, Principal
from llmops_magics.retrieval.corpus.registry import CorpusRegistry
from llmops_magics.retrieval.index.registry import IndexRegistry
from llmops_magics.storage.store import Store
from llmops_magics.workbench.search import Search

WORDS = ("refund", "parcel", "salary", "sunday")
ROWS = [
    {"id": "a", "text": "A refund takes days."},
    {"id": "b", "text": "A parcel takes one day."},
    {"id": "c", "text": "The salary of the board.", "groups": ["board"]},
    {"id": "d", "text": "Closed on sunday."},
]


class WordEmbedder:
    """Counts four words, and a little of each."""

    name = "test/words"
    dimension = 4
    fingerprint = "sha256:words"

    def embed(self, texts):
        rows = [[text.lower().count(word) for word in WORDS] for text in texts]
        return np.array(rows, dtype=np.float32) + np.float32(0.01)


class Spans:
    """Keeps what is put on spans."""

    def __init__(self):
        self.attributes = []
        self.keeps_content = False

    @contextmanager
    def span(self, name, *, kind):
        self.attributes.append({"name": name, "kind": kind})
        yield self

    def set(self, **attributes):
        self.attributes[-1].update(attributes)


@pytest.fixture
def store(tmp_path):
    opened = Store.open(f"sqlite:///{tmp_path / 'store' / 'db.sqlite'}")
    yield opened
    opened.close()


@pytest.fixture
def spans():
    return Spans()


@pytest.fixture
def corpora(store, tmp_path):
    return CorpusRegistry(store, lambda: "ada", root=tmp_path)


@pytest.fixture
def search(store, tmp_path, corpora, spans):
    registry = IndexRegistry(
        store, tmp_path / "chroma", WordEmbedder, lambda: "ada", corpora=lambda: corpora
    )
    corpora.add("docs", ROWS)
    registry.build("docs", chunker="whole")
    groups = {"ada": ("board",), "eve": ()}
    return Search(lambda: registry, lambda: corpora, lambda: spans, lambda: groups, lambda: "eve")


def ids(found):
    return [[passage.document_id for passage in passages] for passages in found]


@pytest.mark.parametrize("retriever", ["dense", "lexical", "hybrid"])
def test_every_retriever_finds_it_and_nobody_sees_what_is_not_theirs(search, retriever):
    assert ids(search("docs", ["refund", "salary"], k=1, retriever=retriever))[0] == ["a"]
    for k in (1, 10):
        found = search("docs", ["salary of the board"], k=k, retriever=retriever)
        assert "c" not in ids(found)[0]
    allowed = search("docs", ["salary of the board"], k=1, retriever=retriever, principal="ada")
    assert ids(allowed) == [["c"]]


def test_a_span_says_who_found_what_and_in_which_index(search, spans):
    search("docs", ["refund"], k=1, retriever="hybrid")
    (span,) = spans.attributes  # the dense half of it is no span of its own
    assert (span["name"], span["kind"]) == ("retrieve docs", "retrieval")
    assert span["llmops.retrieval.retriever"] == "hybrid"
    assert span["llmops.retrieval.index"] == search.indexes().manifest("docs").fingerprint


def test_words_are_those_of_the_index_in_use(search, corpora):
    assert ids(search("docs", ["carpet"], retriever="lexical")) == [[]]
    corpora.add("docs", [*ROWS, {"id": "e", "text": "A carpet."}])
    search.indexes().build("docs", chunker="whole")
    assert ids(search("docs", ["carpet"], retriever="lexical")) == [["e"]]


def test_an_index_that_is_switched_meanwhile_is_asked_anew(search, corpora):
    registry = search.indexes()
    switched = []

    def rerank(_, texts):
        if not switched:  # a build finishes while this search is under way
            switched.append(True)
            corpora.add("docs", [*ROWS, {"id": "e", "text": "A refund of a refund."}])
            registry.build("docs", chunker="whole")
        return [float(len(text)) for text in texts]

    found = search(
        "docs", ["refund"], k=5, retriever="lexical+rerank:mine", namespace={"mine": rerank}
    )
    assert set(ids(found)[0]) == {"a", "e"}


def test_words_are_never_those_of_another_index(search, corpora):
    """A build that ends between the look at the pointer and the count of the words."""
    registry = search.indexes()
    words = search._words_of(registry.manifest("docs"))
    corpora.add("docs", [*ROWS, {"id": "e", "text": "A carpet."}])
    registry.build("docs", chunker="whole")
    assert ids(words.search(["carpet"], k=5, principal=ANONYMOUS)) == [[]]
    registry.revert("docs")
    assert ids(search("docs", ["carpet"], retriever="lexical")) == [[]]


def test_an_empty_name_is_not_whoever_runs_the_process(search):
    search.actor = lambda: "ada"
    assert ids(search("docs", ["salary of the board"], k=1)) == [["c"]]
    assert "c" not in ids(search("docs", ["salary of the board"], k=9, principal=""))[0]


def test_one_question_is_a_record_with_its_passages(search):
    result = search.one("docs", "when is sunday", k=2, retriever="dense")
    assert result.passages[0].document_id == "d"
    assert (result.principal, result.retriever) == ("eve", "dense")
    assert list(result.to_pandas()["rank"]) == [1, 2]
    with pytest.raises(UsageError, match="no question"):
        search.one("docs", "  ")


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"queries": "refund"}, RetrievalError),
        ({"k": 0}, RetrievalError),
        ({"retriever": "bm25"}, UsageError),
        ({"retriever": "dense+rerank:nobody"}, RetrievalError),
        ({"corpus": "unknown"}, RetrievalError),
    ],
)
def test_what_cannot_be_asked_is_an_error(search, asked, error):
    plain = {"corpus": "docs", "queries": ["refund"], "k": 1, "retriever": "hybrid"}
    with pytest.raises(error):
        search(**{**plain, **asked})


def test_access_holds_for_every_principal_of_the_settings_and_a_stranger(search):
    check = search.check_access("docs")
    assert (check.verdict, check.protected, check.canaries) == ("PASS", 1, 4)
    assert [(r.principal, r.forbidden, r.found) for r in check.rows] == [
        ("ada", 0, 4), ("eve", 1, 3), ("somebody else", 1, 3),
    ]  # fmt: skip


def test_labels_in_an_index_that_do_not_hold_are_a_leak(search, corpora):
    tampered = [replace(d, groups=("public",)) for d in corpora.documents(corpora.resolve("docs"))]
    search.indexes().build("docs", tampered, chunker="whole")
    check = search.check_access("docs", ["eve", ANONYMOUS, Principal.of("ada", ["board"])])
    assert check.verdict == "FAIL"
    assert [len(row.leaks) > 0 for row in check.rows] == [True, True, False]


def test_what_the_index_does_not_hold_tests_no_access(search, corpora):
    search.indexes().build("late", [d for d in corpora.documents("docs") if d.id != "c"])
    corpora.add("late", ROWS)
    check = search.check_access("late", ["eve"])
    assert (check.verdict, check.protected, check.canaries) == ("INCONCLUSIVE", 1, 3)


def test_an_index_switched_during_an_access_check_is_no_evidence(search, corpora):
    registry, built = search.indexes(), []

    def groups():
        if search.asked > 3 and not built:
            built.append(registry.build("docs", corpora.documents("docs")[:3], chunker="whole"))
        search.asked += 1
        return {"ada": ("board",), "eve": ()}

    search.asked, search.groups = 0, groups
    with pytest.raises(RetrievalError, match="switched while access"):
        search.check_access("docs", [ANONYMOUS, "ada", "eve"] + ["x"] * 5)


def test_without_a_corpus_nothing_says_who_may_read_what(search):
    search.indexes().build("loose", corpus_documents(), chunker="whole")
    with pytest.raises(RetrievalError, match="nothing says who may read what"):
        search.check_access("loose")


def corpus_documents():
    from llmops_magics.retrieval.document import load_documents

    return load_documents([{"id": "x", "text": "refund"}])


def test_what_a_policy_forbids_is_neither_found_nor_in_the_span(search):
    spans = Spans()
    asked = []

    def without_parcels(corpus, principal, found):
        asked.append((corpus, principal.name))
        return [[each for each in passages if each.document_id != "b"] for passages in found]

    own = replace(search, observe=lambda: spans, readable=without_parcels)
    (found,) = own("docs", ["a parcel"], k=3, principal="eve")
    assert "b" not in [each.document_id for each in found]
    assert asked == [("docs", "eve")]
    assert "'b'" not in str(spans.attributes)
