"""Moves of indexes are never changed; manifests from before there were moves are the first."""

from __future__ import annotations

import json

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import IntegrityError

from llmops_magics.errors import RetrievalError
from llmops_magics.retrieval.document import Document
from llmops_magics.retrieval.index.registry import IndexRegistry
from llmops_magics.storage.schema import MIGRATIONS
from llmops_magics.storage.store import Store


class OneEmbedder:
    """The same vector for every text."""

    name, dimension, fingerprint = "test/one", 2, "sha256:one"

    def embed(self, texts):
        return [[1.0, 1.0]] * len(texts)


def registry_of(store, folder):
    return IndexRegistry(store, folder, OneEmbedder, lambda: "ada")


@pytest.mark.parametrize("change", ["UPDATE index_move SET corpus = 'x'", "DELETE FROM index_move"])
def test_a_move_is_never_changed(store, tmp_path, change):
    registry_of(store, tmp_path / "chroma").build("faq", [Document(id="a", text="one")])
    with pytest.raises(IntegrityError, match="index_move is append-only"), store.write() as c:
        c.execute(text(change))


def test_manifests_of_an_earlier_release_are_read_and_built_again(url, tmp_path):
    (tmp_path / ".llmops").mkdir(exist_ok=True)
    engine = create_engine(url)
    body = {
        "kind": "index-manifest", "corpus": "faq", "fingerprint": "sha256:f",
        "corpus_fingerprint": "sha256:c", "collection": "c-f", "document_count": 1,
        "embedding_model": "test/one", "embedding_fingerprint": "sha256:one", "dimension": 2,
        "space": "cosine", "built_at": "2026-11-01T10:00:00.000000Z",
    }  # fmt: skip
    with engine.connect() as connection, connection.begin():
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "0007")
        row = {"body": json.dumps(body), "at": body["built_at"]}
        connection.execute(
            text("INSERT INTO index_manifest VALUES ('faq', 'sha256:f', 'c-f', :body, :at)"), row
        )
    engine.dispose()
    store = Store.open(url)
    assert "index_manifest" not in inspect(store.engine).get_table_names()
    registry = registry_of(store, tmp_path / "chroma")
    manifest = registry.manifest("faq")
    assert (manifest.chunk_count, manifest.chunker, manifest.embedding) == (1, "whole", "local")
    with pytest.raises(RetrievalError, match=r"holds 0 of 1 chunks\. .* build the index again"):
        registry.retrieve("faq", ["one"])
    assert "earlier release" in registry.status("faq").remarks[0]
    registry.build("faq", [Document(id="a", text="one")])
    assert len(registry.retrieve("faq", ["one"])[0]) == 1
    store.close()
