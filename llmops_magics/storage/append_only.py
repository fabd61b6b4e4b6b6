"""Triggers that let rows be added to a table and nothing else: what every migration uses for them.

Migrations that ran must not change, so what is written here stays as it is.
"""

from __future__ import annotations

from alembic import op


def make_append_only(*tables: str) -> None:
    """Refuse UPDATE and DELETE on tables, in the migration that is under way.

    On PostgreSQL TRUNCATE too, by the function that migration 0002 made, which names the table.
    """
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for table in tables:
        for statement in _postgresql(table) if is_postgresql else _sqlite(table):
            op.execute(statement)


def _sqlite(table: str) -> tuple[str, ...]:
    return tuple(
        f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for change in ("UPDATE", "DELETE")
    )


def _postgresql(table: str) -> tuple[str, ...]:
    when = f"BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
    call = "FOR EACH STATEMENT EXECUTE FUNCTION prompt_append_only()"
    return (f"CREATE TRIGGER {table}_append_only {when} {call}",)
