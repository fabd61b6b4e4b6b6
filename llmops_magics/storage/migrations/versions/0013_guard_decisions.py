"""Decisions at the boundaries, what a person was asked there, and the answers."""

import sqlalchemy as sa
from alembic import op

from llmops_magics.storage.append_only import make_append_only

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make the three tables, and keep them append-only."""
    op.create_table(
        "guard_decision",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("boundary", sa.String(20), nullable=False),
        sa.Column("action", sa.String(10), nullable=False),
        sa.Column("subject", sa.String(300), nullable=False),
        sa.Column("policies", sa.JSON, nullable=False),
        sa.Column("findings", sa.JSON, nullable=False),
        sa.Column("detectors", sa.JSON, nullable=False),
        sa.Column("excerpt", sa.Text, nullable=False),
        sa.Column("characters", sa.Integer, nullable=False),
        sa.Column("prompt", sa.String(300), nullable=False),
        sa.Column("environment", sa.String(100), nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("trace_id", sa.String(32), nullable=False),
        sa.Column("span_id", sa.String(16), nullable=False),
        sa.Column("pending_id", sa.String(32), nullable=False),
    )
    op.create_index("guard_decision_by_action", "guard_decision", ["action", "id"])
    op.create_index("guard_decision_by_trace", "guard_decision", ["trace_id"])
    op.create_table(
        "guard_pending",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("expires_at", sa.String(32), nullable=False),
        sa.Column("boundary", sa.String(20), nullable=False),
        sa.Column("subject", sa.String(300), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("shown", sa.Text, nullable=False),
        sa.Column("environment", sa.String(100), nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("trace_id", sa.String(32), nullable=False),
    )
    op.create_index("guard_pending_by_time", "guard_pending", ["at"])
    op.create_table(
        "guard_answer",
        sa.Column("pending_id", sa.String(32), sa.ForeignKey("guard_pending.id"), primary_key=True),
        sa.Column("answer", sa.String(10), nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
    )
    make_append_only("guard_decision", "guard_pending", "guard_answer")
