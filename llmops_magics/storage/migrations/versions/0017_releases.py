"""What each environment serves, and freezes."""

import sqlalchemy as sa
from alembic import op

from llmops_magics.storage.append_only import make_append_only

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Make the tables, and keep them append-only."""
    op.create_table(
        "release_state",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("environment", sa.String(100), nullable=False),
        sa.Column("prompt", sa.String(200), nullable=False),
        sa.Column("label", sa.String(80), nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("stable", sa.JSON(none_as_null=True)),
        sa.Column("candidate", sa.JSON(none_as_null=True)),
        sa.Column("held", sa.JSON(none_as_null=True)),
        sa.Column("back", sa.Integer, nullable=False),
        sa.Column("share", sa.Float, nullable=False),
        sa.Column("salt", sa.String(80), nullable=False),
        sa.Column("rollout_id", sa.String(32), nullable=False),
        sa.Column("plan", sa.JSON(none_as_null=True)),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("evidence", sa.JSON, nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.UniqueConstraint("environment", "prompt", "generation", name="release_state_generation"),
    )
    op.create_index("release_state_by_rollout", "release_state", ["rollout_id", "id"])
    op.create_index("release_state_by_label", "release_state", ["prompt", "label", "id"])
    op.create_table(
        "release_freeze",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("environment", sa.String(100), nullable=False),
        sa.Column("frozen", sa.Boolean, nullable=False),
        sa.Column("until", sa.String(32), nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
    )
    op.create_index("release_freeze_by_environment", "release_freeze", ["environment", "id"])
    make_append_only("release_state", "release_freeze")
