from __future__ import annotations

import pytest

from llmops_magics.retrieval.access import ANONYMOUS, Principal
from llmops_magics.retrieval.canary import AccessCheck, check_principal, choose_canaries
from llmops_magics.retrieval.document import Document
from llmops_magics.retrieval.passage import Passage

DOCUMENTS = (
    Document(id="open", text="opening hours", groups=("public",)),
    Document(id="pay", text="salary of the board", groups=("board",)),
)
GROUPS = {document.id: document.groups for document in DOCUMENTS}


class Honest:
    """Finds the document whose text the question is, if it may be read."""

    name = "honest"
    filters = True

    def search(self, queries, *, k, principal):
        return [
            [
                Passage(document_id=d.id, text=d.text, score=1.0, rank=1, groups=("public",))
                for d in DOCUMENTS
                if d.text in query and (not self.filters or principal.may_read(d.groups))
            ][:k]
            for query in queries
        ]


class Leaky(Honest):
    """Labels in its index say that all is public."""

    filters = False


def check(searcher, *principals, protected=1):
    rows = tuple(check_principal(searcher, p, DOCUMENTS, GROUPS, k=3) for p in principals)
    return AccessCheck(
        corpus="c",
        index_fingerprint="f",
        retriever="honest",
        k=3,
        protected=protected,
        canaries=2,
        rows=rows,
    )


def test_a_principal_finds_what_it_may_read_and_nothing_else():
    row = check_principal(Honest(), ANONYMOUS, DOCUMENTS, GROUPS, k=3)
    assert (row.allowed, row.forbidden, row.found, row.leaks) == (1, 1, 1, ())
    assert check(Honest(), ANONYMOUS, Principal.of("ada", ["board"])).verdict == "PASS"


def test_one_leak_fails_whatever_the_labels_in_the_index_say():
    result = check(Leaky(), Principal.of("ada", ["board"]), ANONYMOUS)
    assert (result.verdict, result.leaks) == ("FAIL", 1)
    assert result.rows[1].leaks[0].document_id == "pay"
    assert list(result.to_pandas()["leaks"]) == [0, 1]


def test_where_nothing_is_forbidden_to_who_asks_nothing_was_tried():
    ada = Principal.of("ada", ["board"])
    assert check(Honest(), ada).verdict == "INCONCLUSIVE"
    assert check(Honest(), ada, protected=0).verdict == "PASS"


def test_a_document_that_is_no_longer_in_the_corpus_may_be_read_by_nobody():
    row = check_principal(Leaky(), ANONYMOUS, DOCUMENTS, {"open": ("public",)}, k=3)
    assert [leak.document_id for leak in row.leaks] == ["pay"]


@pytest.mark.parametrize("told", [True, False])
def test_canaries_are_those_that_say_so_and_a_few_of_each_kind(told):
    documents = [Document(id=f"p{n}", text="x") for n in range(9)]
    documents.append(
        Document(id="secret", text="y", groups=("hr",), metadata={"canary": True} if told else {})
    )
    chosen = [document.id for document in choose_canaries(documents)]
    public = [f"p{n}" for n in range(5)]
    assert chosen == (["secret", *public] if told else [*public, "secret"])
