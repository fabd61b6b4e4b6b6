"""What went wrong in production."""

import sqlalchemy as sa
from alembic import op

from llmops_magics.storage.append_only import make_append_only

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Make the table, and keep it append-only."""
    op.create_table(
        "incident",
        sa.Column("row", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("environment", sa.String(100), nullable=False),
        sa.Column("prompt", sa.String(200), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("severity", sa.String(20), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("details", sa.JSON, nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
    )
    op.create_index("incident_by_id", "incident", ["id", "row"])
    op.create_index("incident_by_prompt", "incident", ["prompt", "environment", "row"])
    make_append_only("incident")
