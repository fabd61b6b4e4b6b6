"""Who watches rollouts, what was seen, and shadow answers."""

import sqlalchemy as sa
from alembic import op

from llmops_magics.storage.append_only import make_append_only

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Make the tables; but for the lease they only grow."""
    op.create_table(
        "release_lease",
        sa.Column("name", sa.String(100), primary_key=True),
        sa.Column("holder", sa.String(200), nullable=False),
        sa.Column("token", sa.Integer, nullable=False),
        sa.Column("expires_at", sa.String(32), nullable=False),
    )
    op.create_table(
        "rollout_look",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("rollout_id", sa.String(32), nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("decision", sa.String(20), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("arms", sa.JSON, nullable=False),
        sa.Column("tests", sa.JSON, nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
    )
    op.create_index("rollout_look_by_rollout", "rollout_look", ["rollout_id", "id"])
    op.create_table(
        "shadow_pair",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("rollout_id", sa.String(32), nullable=False),
        sa.Column("stable_trace", sa.String(32), nullable=False),
        sa.Column("candidate_trace", sa.String(32), nullable=False),
        sa.Column("comparison", sa.JSON, nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
    )
    op.create_index("shadow_pair_by_rollout", "shadow_pair", ["rollout_id", "id"])
    make_append_only("rollout_look", "shadow_pair")
