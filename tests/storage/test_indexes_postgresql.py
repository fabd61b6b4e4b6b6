"""Indexes with their ledger on a real PostgreSQL server."""

from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from llmops_magics.retrieval.document import Document
from llmops_magics.retrieval.index.registry import IndexRegistry
from llmops_magics.retrieval.index.status import Sources

pytestmark = pytest.mark.xdist_group("postgresql")  # one server


class LengthEmbedder:
    """The vector of a text is its length and 1."""

    name, dimension, fingerprint = "test/length", 2, "sha256:length"

    def embed(self, texts):
        return np.array([[len(each), 1.0] for each in texts], dtype=np.float32)


def documents(**changed):
    texts = {f"d{n}": "x" * (n + 1) for n in range(20)} | changed
    return [Document(id=name, text=body) for name, body in texts.items() if body]


def test_an_index_is_built_refreshed_reverted_and_dropped(postgresql_store, tmp_path):
    registry = IndexRegistry(postgresql_store, tmp_path, LengthEmbedder, lambda: "ada")
    one = registry.build("pages", documents())
    change = registry.refresh("pages", documents(d3="changed", d4=""))
    assert (change.way, change.embedded, change.removed) == ("copied", 1, 2)
    now = Sources(digests={d.id: d.digest for d in documents(d3="changed")}, described="now")
    status = registry.status("pages", now)
    assert (status.fresh, status.missing, status.store_chunks) == (19, 1, 19)
    assert status.duplicate_chunks == 0
    assert registry.verify("pages").is_sound
    assert registry.revert("pages").manifest == one
    registry.drop("pages")
    for statement in ("UPDATE index_move SET corpus = 'x'", "DELETE FROM index_move"):
        with pytest.raises(DBAPIError, match="append-only"), postgresql_store.write() as connection:
            connection.execute(text(statement))
    with postgresql_store.read() as connection:
        for table in ("index_filling", "index_document", "index_chunk"):
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 0
