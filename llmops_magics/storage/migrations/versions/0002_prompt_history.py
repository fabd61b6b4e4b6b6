"""Prompt history: how labels moved, tags, what includes what, what is put away; append-only."""

import sqlalchemy as sa
from alembic import op

from llmops_magics.storage.append_only import make_append_only

revision = "0002"
down_revision = "0001"

TIME = sa.String(32)
NAME = sa.String(200)
APPEND_ONLY = ("prompt_version", "label_move", "prompt_tag", "prompt_include", "prompt_archive")


def upgrade() -> None:
    """Add columns and tables, and triggers that keep every prompt table append-only."""
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    op.add_column("prompt_version", sa.Column("details", sa.JSON))
    if not is_postgresql:
        columns = ["name", "number", "digest", "message", "author", "created_at"]
        op.create_index("prompt_version_log", "prompt_version", columns)
    _label_moves()
    _tags()
    _includes()
    _archive()
    if is_postgresql:
        op.execute(_FUNCTION)
    make_append_only(*APPEND_ONLY)


def _label_moves() -> None:
    for column in (
        sa.Column("action", sa.String(20), nullable=False, server_default="move"),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
        sa.Column("forced", sa.Boolean, nullable=False, server_default=sa.false()),
    ):
        op.add_column("label_move", column)


def _tags() -> None:
    op.create_table(
        "prompt_tag",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("name", NAME, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("key", sa.String(80), nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("actor", NAME, nullable=False),
        sa.Column("tagged_at", TIME, nullable=False),
    )
    op.create_index("prompt_tag_by_version", "prompt_tag", ["name", "number", "id"])


def _includes() -> None:
    op.create_table(
        "prompt_include",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("name", NAME, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("included", NAME, nullable=False),
        sa.Column("included_digest", sa.String(80), nullable=False),
        sa.Column("through", sa.JSON, nullable=False),
    )
    columns = ["included", "name", "number"]
    op.create_index("prompt_include_by_included", "prompt_include", columns)


def _archive() -> None:
    op.create_table(
        "prompt_archive",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("name", NAME, nullable=False),
        sa.Column("archived", sa.Boolean, nullable=False),
        sa.Column("actor", NAME, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_index("prompt_archive_by_name", "prompt_archive", ["name", "id"])


_FUNCTION = """
CREATE FUNCTION prompt_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$
"""
