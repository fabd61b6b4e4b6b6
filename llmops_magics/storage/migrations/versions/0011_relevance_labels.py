"""Relevance labels: what people said of passages, key press by key press."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

TABLE = "relevance_label"


def upgrade() -> None:
    """Make the table, and keep it append-only."""
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("corpus", sa.String(200), nullable=False),
        sa.Column("query_digest", sa.String(80), nullable=False),
        sa.Column("document_id", sa.String(1000), nullable=False),
        sa.Column("start", sa.Integer, nullable=False),
        sa.Column("end", sa.Integer, nullable=False),
        sa.Column("text_digest", sa.String(80), nullable=False),
        sa.Column("grade", sa.Integer),
        sa.Column("undoes", sa.Integer),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
    )
    op.create_index(f"{TABLE}_by_corpus", TABLE, ["corpus", "id"])
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for statement in _postgresql() if is_postgresql else _sqlite():
        op.execute(statement)


def _sqlite() -> tuple[str, ...]:
    return tuple(
        f"CREATE TRIGGER {TABLE}_no_{change.lower()} BEFORE {change} ON {TABLE} "
        f"BEGIN SELECT RAISE(ABORT, '{TABLE} is append-only'); END"
        for change in ("UPDATE", "DELETE")
    )


def _postgresql() -> tuple[str, ...]:
    """Use the function that 0002 made; it names the table itself."""
    when = f"BEFORE UPDATE OR DELETE OR TRUNCATE ON {TABLE}"
    call = "FOR EACH STATEMENT EXECUTE FUNCTION prompt_append_only()"
    return (f"CREATE TRIGGER {TABLE}_append_only {when} {call}",)
