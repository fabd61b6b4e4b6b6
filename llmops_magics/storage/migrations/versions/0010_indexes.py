"""Indexes: which one a corpus uses and used, and what each was filled with.

Until now the newest row of ``index_manifest`` was the index in use. Those rows become the first
moves; the collections they name are of an earlier layout and are built again when next needed.
"""

import json

import sqlalchemy as sa
from alembic import op

from llmops_magics.storage.append_only import make_append_only

revision = "0010"
down_revision = "0009"

DIGEST = sa.String(80)
NAME = sa.String(200)
TIME = sa.String(32)
COLLECTION = sa.String(120)


def upgrade() -> None:
    """Make the four tables, and keep the moves append-only."""
    _moves()
    _fillings()
    _ledger()
    _move_what_is_there()
    op.drop_table("index_manifest")
    make_append_only("index_move")


def _moves() -> None:
    op.create_table(
        "index_move",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("corpus", NAME, nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("fingerprint", DIGEST, nullable=False),
        sa.Column("collection", COLLECTION, nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("actor", NAME, nullable=False),
        sa.Column("at", TIME, nullable=False),
    )
    op.create_index("index_move_by_corpus", "index_move", ["corpus", "id"])


def _fillings() -> None:
    op.create_table(
        "index_filling",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("corpus", NAME, nullable=False),
        sa.Column("collection", COLLECTION, nullable=False, unique=True),
        sa.Column("fingerprint", DIGEST, nullable=False),
        sa.Column("server", sa.Text, nullable=False),
        sa.Column("owner", NAME, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("filled_at", TIME),
        sa.Column("confirmed_at", TIME),
    )
    op.create_index("index_filling_by_corpus", "index_filling", ["corpus", "id"])


def _ledger() -> None:
    op.create_table(
        "index_document",
        sa.Column("filling", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("document_id", sa.String(1000), primary_key=True),
        sa.Column("digest", DIGEST, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("updated_at", TIME),
        sa.Column("chunks", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "index_chunk",
        sa.Column("filling", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("chunk_id", DIGEST, primary_key=True),
        sa.Column("document_id", sa.String(1000), nullable=False),
        sa.Column("content_digest", DIGEST, nullable=False),
        sa.Column("row_digest", DIGEST, nullable=False),
        sa.Column("is_long", sa.Boolean, nullable=False),
        sa.Column("indexed_at", TIME, nullable=False),
        sqlite_with_rowid=False,
    )


def _move_what_is_there() -> None:
    connection = op.get_bind()
    rows = connection.execute(
        sa.text(
            "SELECT corpus, fingerprint, collection, body, built_at FROM index_manifest"
            " ORDER BY built_at, corpus"
        )
    ).all()
    insert = sa.text(
        "INSERT INTO index_move (corpus, action, fingerprint, collection, body, actor, at)"
        " VALUES (:corpus, 'build', :fingerprint, :collection, :body, '', :at)"
    )
    for corpus, fingerprint, collection, body, built_at in rows:
        text = body if isinstance(body, str) else json.dumps(body)
        row = {"corpus": corpus, "fingerprint": fingerprint, "collection": collection}
        connection.execute(insert, {**row, "body": text, "at": built_at})
