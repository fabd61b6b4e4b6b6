"""Corpora on a real PostgreSQL server: as on SQLite, with tables that only grow."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from llmops_magics.errors import RetrievalError
from llmops_magics.retrieval.corpus.registry import CorpusRegistry

pytestmark = pytest.mark.xdist_group("postgresql")  # one server


def test_versions_on_a_server(postgresql_store):
    corpora = CorpusRegistry(postgresql_store, lambda: "ada")
    first = corpora.add("faq", [{"id": "a", "text": "one", "groups": ["hr"]}])
    assert not corpora.add("faq", [{"id": "a", "text": "one", "groups": ["hr"]}]).is_new
    second = corpora.add("faq", [{"id": "a", "text": "two"}])
    assert (first.ref, second.ref, corpora.names()) == ("faq@1", "faq@2", ("faq",))
    assert corpora.resolve(f"faq@{first.fingerprint}").ref == "faq@1"
    assert corpora.diff("faq@1", "faq").changed == ("a",)
    assert corpora.documents("faq@1")[0].groups == ("hr",)
    with pytest.raises(RetrievalError, match="no version '3'"):
        corpora.resolve("faq@3")


@pytest.mark.parametrize("table", ["corpus_version", "corpus_source"])
def test_the_tables_only_grow(postgresql_store, table):
    CorpusRegistry(postgresql_store, lambda: "ada").add("faq", [{"id": "a", "text": "one"}])
    for statement in (f"UPDATE {table} SET corpus = 'x'", f"DELETE FROM {table}"):
        with pytest.raises(DBAPIError, match="append-only"), postgresql_store.write() as connection:
            connection.execute(text(statement))
