"""Monitors, and the states they went through.

Both are append-only: a monitor is changed or removed by a further row, and every change of a
state stays. How somebody is told is kept with that user, never here: an address may be a secret,
and a command would be code from whoever may write to the store.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

TIME = sa.String(32)
NAME = sa.String(200)
APPEND_ONLY = ("monitor", "monitor_state")


def upgrade() -> None:
    """Make the two tables."""
    _monitors()
    _states()
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for table in APPEND_ONLY:
        for statement in _postgresql(table) if is_postgresql else _sqlite(table):
            op.execute(statement)


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


def _sqlite(table: str) -> tuple[str, ...]:
    return tuple(
        f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for change in ("UPDATE", "DELETE")
    )


def _postgresql(table: str) -> tuple[str, ...]:
    """Use the function that 0002 made; it names the table itself."""
    when = f"BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
    call = "FOR EACH STATEMENT EXECUTE FUNCTION prompt_append_only()"
    return (f"CREATE TRIGGER {table}_append_only {when} {call}",)
