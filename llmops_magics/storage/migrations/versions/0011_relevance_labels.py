"""Relevance labels: what people said of passages, key press by key press."""

import sqlalchemy as sa
from alembic import op

from llmops_magics.storage.append_only import make_append_only

revision = "0011"
down_revision = "0010"

TABLE = "relevance_label"


def upgrade() -> None:
    """Make the table, and keep it append-only."""
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("corpus", sa.String(200), nullable=False),
        sa.Column("query_digest", sa.String(80), nullable=False),
        sa.Column("document_id", sa.String(1000), nullable=False),
        sa.Column("start", sa.Integer, nullable=False),
        sa.Column("end", sa.Integer, nullable=False),
        sa.Column("text_digest", sa.String(80), nullable=False),
        sa.Column("grade", sa.Integer),
        sa.Column("undoes", sa.Integer),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
    )
    op.create_index(f"{TABLE}_by_corpus", TABLE, ["corpus", "id"])
    make_append_only(TABLE)
