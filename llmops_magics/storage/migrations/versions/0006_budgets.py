"""Budgets, and what calls under way have reserved of them.

Money is counted in whole billionths of a dollar, so that one statement can add, compare and
change exactly, on any database. Windows stay when their budget is removed: setting it again does
not forget what was spent.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

NAME = sa.String(300)
TIME = sa.String(32)


def upgrade() -> None:
    """Make the three tables."""
    op.create_table(
        "budget",
        sa.Column("name", NAME, primary_key=True),
        sa.Column("scope", NAME, nullable=False),
        sa.Column("period", sa.String(10), nullable=False),
        sa.Column("limit_nano", sa.BigInteger, nullable=False),
        sa.Column("warn", sa.JSON, nullable=False),
        sa.Column("action", sa.String(10), nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("set_at", TIME, nullable=False),
    )
    _windows()
    op.create_table(
        "budget_hold",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("budget", NAME, primary_key=True),
        sa.Column("window_start", TIME, nullable=False),
        sa.Column("amount_nano", sa.BigInteger, nullable=False),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("expires_ms", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,  # one tree to change for every call, not two
    )


def _windows() -> None:
    amounts = ("spent_nano", "held_nano", "estimated_nano", "lapsed_nano")
    counts = ("calls", "unpriced_calls", "warned")
    op.create_table(
        "budget_window",
        sa.Column("budget", NAME, primary_key=True),
        sa.Column("window_start", TIME, primary_key=True),
        *(sa.Column(name, sa.BigInteger, nullable=False, server_default="0") for name in amounts),
        *(sa.Column(name, sa.Integer, nullable=False, server_default="0") for name in counts),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("breached_at", TIME),
    )
