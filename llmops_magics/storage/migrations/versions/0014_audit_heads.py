"""Signed heads of the trail, keys of what can be erased, and ways to find events."""

import sqlalchemy as sa
from alembic import op

from llmops_magics.storage.append_only import make_append_only

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Make the tables, and index the trail by resource, action and actor."""
    op.create_index("audit_event_by_resource", "audit_event", ["resource", "seq"])
    op.create_index("audit_event_by_action", "audit_event", ["action", "seq"])
    op.create_index("audit_event_by_actor", "audit_event", ["actor", "seq"])
    op.create_table(
        "audit_checkpoint",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("head", sa.String(80), nullable=False),
        sa.Column("key_id", sa.String(80), nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("envelope", sa.Text, nullable=False),
    )
    op.create_table(
        "audit_subject",
        sa.Column("subject", sa.String(80), primary_key=True),
        sa.Column("lookup", sa.String(80), nullable=False, unique=True),
        sa.Column("key", sa.Text),
        sa.Column("made_at", sa.String(32), nullable=False),
        sa.Column("erased_at", sa.String(32), nullable=False),
    )
    make_append_only("audit_checkpoint")
