"""Retrieval: corpora, which index is in use and what it was filled with, relevance labels."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Index, Integer, String, Table, Text

from llmops_magics.storage.table.base import metadata

# Documents as they were read once; the body names the artifacts that hold them. Append-only.
corpus_version = Table(
    "corpus_version",
    metadata,
    Column("corpus", String(200), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("fingerprint", String(80), nullable=False),
    Column("body", JSON, nullable=False),
    Column("registered_at", String(32), nullable=False),
    Index("corpus_version_by_fingerprint", "fingerprint", "corpus"),
)

# The newest row of a corpus is where it is read from; a folder may move. Append-only.
corpus_source = Table(
    "corpus_source",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("corpus", String(200), nullable=False),
    Column("number", Integer, nullable=False),  # its newest version then
    Column("body", JSON, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("at", String(32), nullable=False),
    Index("corpus_source_by_corpus", "corpus", "id"),
)

# The newest row of a corpus names the index that is in use, unless it says dropped. Append-only.
index_move = Table(
    "index_move",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("corpus", String(200), nullable=False),
    Column("action", String(20), nullable=False),  # build, refresh, revert or drop
    Column("fingerprint", String(80), nullable=False),
    Column("collection", String(120), nullable=False),
    Column("body", JSON, nullable=False),  # the manifest
    Column("actor", String(200), nullable=False),
    Column("at", String(32), nullable=False),
    Index("index_move_by_corpus", "corpus", "id"),
)

# The collections that are there, or are being filled; a row goes with its collection. Of a
# collection that nothing points to nothing is read.
index_filling = Table(
    "index_filling",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("corpus", String(200), nullable=False),
    Column("collection", String(120), nullable=False, unique=True),
    Column("fingerprint", String(80), nullable=False),
    Column("server", Text, nullable=False),  # empty for the workspace's own folder
    Column("owner", String(200), nullable=False),  # the machine that fills it
    Column("created_at", String(32), nullable=False),
    Column("filled_at", String(32)),
    Column("confirmed_at", String(32)),  # when it was last seen to be what the corpus holds
    Index("index_filling_by_corpus", "corpus", "id"),
)

# What a collection was filled with, as its builder knows it.
index_document = Table(
    "index_document",
    metadata,
    Column("filling", Integer, primary_key=True, autoincrement=False),
    Column("document_id", String(1000), primary_key=True),
    Column("digest", String(80), nullable=False),
    Column("source", Text, nullable=False),
    Column("updated_at", String(32)),  # at its source
    Column("chunks", Integer, nullable=False),
    sqlite_with_rowid=False,
)

index_chunk = Table(
    "index_chunk",
    metadata,
    Column("filling", Integer, primary_key=True, autoincrement=False),
    Column("chunk_id", String(80), primary_key=True),
    Column("document_id", String(1000), nullable=False),
    Column("content_digest", String(80), nullable=False),  # what its vector was taken of
    Column("row_digest", String(80), nullable=False),  # all that the collection holds of it
    Column("is_long", Boolean, nullable=False),  # longer than the embedder reads
    Column("indexed_at", String(32), nullable=False),
    sqlite_with_rowid=False,
)

# What people said of passages for queries, by source and span of characters. Append-only: a row
# without a grade takes back the one that it names.
relevance_label = Table(
    "relevance_label",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("corpus", String(200), nullable=False),
    Column("query_digest", String(80), nullable=False),  # of the query's text
    Column("document_id", String(1000), nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("text_digest", String(80), nullable=False),  # of what stood there
    Column("grade", Integer),
    Column("undoes", Integer),
    Column("actor", String(200), nullable=False),
    Column("at", String(32), nullable=False),
    Index("relevance_label_by_corpus", "corpus", "id"),
)
