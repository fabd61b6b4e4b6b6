"""Versions of corpora, and where each corpus is read from.

Both are append-only. The documents themselves are artifacts: a corpus may be larger than what a
database should hold.
"""

import sqlalchemy as sa
from alembic import op

from llmops_magics.storage.append_only import make_append_only

revision = "0009"
down_revision = "0008"

TIME = sa.String(32)
NAME = sa.String(200)
APPEND_ONLY = ("corpus_version", "corpus_source")


def upgrade() -> None:
    """Make the two tables."""
    _versions()
    _sources()
    make_append_only(*APPEND_ONLY)


def _versions() -> None:
    op.create_table(
        "corpus_version",
        sa.Column("corpus", NAME, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("fingerprint", sa.String(80), nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("registered_at", TIME, nullable=False),
    )
    op.create_index("corpus_version_by_fingerprint", "corpus_version", ["fingerprint", "corpus"])


def _sources() -> None:
    op.create_table(
        "corpus_source",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("corpus", NAME, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("actor", NAME, nullable=False),
        sa.Column("at", TIME, nullable=False),
    )
    op.create_index("corpus_source_by_corpus", "corpus_source", ["corpus", "id"])
