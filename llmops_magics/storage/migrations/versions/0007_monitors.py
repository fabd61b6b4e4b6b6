"""Monitors, and the states they went through.

Both are append-only: a monitor is changed or removed by a further row, and every change of a
state stays. How somebody is told is kept with that user, never here: an address may be a secret,
and a command would be code from whoever may write to the store.
"""

import sqlalchemy as sa
from alembic import op

from llmops_magics.storage.append_only import make_append_only

revision = "0007"
down_revision = "0006"

TIME = sa.String(32)
NAME = sa.String(200)
APPEND_ONLY = ("monitor", "monitor_state")


def upgrade() -> None:
    """Make the two tables."""
    _monitors()
    _states()
    make_append_only(*APPEND_ONLY)


def _monitors() -> None:
    op.create_table(
        "monitor",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("name", NAME, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("min_calls", sa.Integer, nullable=False),
        sa.Column("removed", sa.Boolean, nullable=False),
        sa.Column("actor", NAME, nullable=False),
        sa.Column("at", TIME, nullable=False),
    )
    op.create_index("monitor_by_name", "monitor", ["name", "id"])


def _states() -> None:
    op.create_table(
        "monitor_state",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("monitor_id", sa.Integer, sa.ForeignKey("monitor.id"), nullable=False),
        sa.Column("before", sa.String(20), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("actor", NAME, nullable=False),
        sa.Column("at", TIME, nullable=False),
    )
    op.create_index("monitor_state_by_monitor", "monitor_state", ["monitor_id", "id"])
