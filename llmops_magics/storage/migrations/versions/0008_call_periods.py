"""Sums of the calls of past hours and days, so that reports need not read their spans again.

A cache: it begins empty, and reports fill it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "call_period",
        sa.Column("period", sa.String(13), primary_key=True),
        sa.Column("claim", sa.String(32), nullable=False),
        sa.Column("body", sa.JSON(none_as_null=True)),
    )
