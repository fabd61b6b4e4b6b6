"""Requests for a release, and the signed answers."""

import sqlalchemy as sa
from alembic import op

from llmops_magics.storage.append_only import make_append_only

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Make the tables, and keep them append-only."""
    op.create_table(
        "approval_request",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("environment", sa.String(100), nullable=False),
        sa.Column("prompt", sa.String(200), nullable=False),
        sa.Column("bundle", sa.JSON, nullable=False),
        sa.Column("bundle_digest", sa.String(80), nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
    )
    op.create_index(
        "approval_request_by_bundle", "approval_request", ["bundle_digest", "environment"]
    )
    op.create_table(
        "approval",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("environment", sa.String(100), nullable=False),
        sa.Column("prompt", sa.String(200), nullable=False),
        sa.Column("bundle_digest", sa.String(80), nullable=False),
        sa.Column("dossiers", sa.JSON, nullable=False),
        sa.Column("decision", sa.String(20), nullable=False),
        sa.Column("approver", sa.String(200), nullable=False),
        sa.Column("key_id", sa.String(80), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("withdraws", sa.String(32), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("expires_at", sa.String(32), nullable=False),
        sa.Column("envelope", sa.Text, nullable=False),
    )
    op.create_index("approval_by_bundle", "approval", ["bundle_digest", "environment"])
    op.create_index("approval_by_time", "approval", ["at"])
    make_append_only("approval_request", "approval")
