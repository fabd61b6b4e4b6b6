"""Dataset versions: cases are kept once by digest, and a name numbers what it has meant.

Until now the digest was the key of ``dataset_version``, so the same cases under a second name kept
only the first. That table becomes ``dataset_content``, eval runs go on pointing to it, and each of
its rows becomes a version of its name.
"""

import json
from collections import Counter

import sqlalchemy as sa
from alembic import op

from llmops_magics.storage.append_only import make_append_only

revision = "0003"
down_revision = "0002"

DIGEST = sa.String(80)
TIME = sa.String(32)
NAME = sa.String(200)
APPEND_ONLY = ("dataset_content", "dataset_version", "dataset_freeze")


def upgrade() -> None:
    """Rename the table of contents, number the versions, and keep all of it append-only."""
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    op.rename_table("dataset_version", "dataset_content")  # foreign keys follow
    if is_postgresql:
        op.execute("ALTER INDEX dataset_version_pkey RENAME TO dataset_content_pkey")
    _versions()
    _freezes()
    _number_what_is_there()
    make_append_only(*APPEND_ONLY)


def _versions() -> None:
    op.create_table(
        "dataset_version",
        sa.Column("name", NAME, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("digest", DIGEST, sa.ForeignKey("dataset_content.digest"), nullable=False),
        sa.Column("schema", sa.JSON),
        sa.Column("is_schema_set", sa.Boolean, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("author", NAME, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
    )
    op.create_index("dataset_version_by_digest", "dataset_version", ["digest", "name"])


def _freezes() -> None:
    op.create_table(
        "dataset_freeze",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("name", NAME, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("frozen", sa.Boolean, nullable=False),
        sa.Column("actor", NAME, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_index("dataset_freeze_by_name", "dataset_freeze", ["name", "id"])


def _number_what_is_there() -> None:
    connection = op.get_bind()
    columns = "digest, name, created_at FROM dataset_content ORDER BY name, created_at, digest"
    authors = _authors(connection)
    numbers: Counter[str] = Counter()
    insert = sa.text(
        "INSERT INTO dataset_version (name, number, digest, is_schema_set, message, author, "
        "created_at) VALUES (:name, :number, :digest, :is_schema_set, '', :author, :created_at)"
    )
    for digest, name, created_at in connection.execute(sa.text(f"SELECT {columns}")).all():
        numbers[name] += 1
        row = {"name": name, "number": numbers[name], "digest": digest, "is_schema_set": False}
        more = {"author": authors.get(digest, ""), "created_at": created_at}
        connection.execute(insert, row | more)


def _authors(connection: sa.Connection) -> dict[str, str]:
    """Return who registered each digest, as the audit trail has it."""
    events = connection.execute(
        sa.text("SELECT actor, body FROM audit_event WHERE action = 'dataset.register'")
    )
    found = {}
    for actor, body in events:
        content = json.loads(body) if isinstance(body, str) else body
        found[content.get("digest", "")] = actor
    return found
