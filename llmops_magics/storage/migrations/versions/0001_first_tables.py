"""The first tables: prompts, labels, datasets, evals, spans, indexes and the audit trail."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

DIGEST = sa.String(80)
TIME = sa.String(32)
NAME = sa.String(200)


def upgrade() -> None:
    """Create the tables, and the triggers that keep the audit trail append-only."""
    _prompts()
    _evals()
    _spans_and_indexes()
    _audit()


def _prompts() -> None:
    op.create_table(
        "prompt_version",
        sa.Column("name", NAME, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("digest", DIGEST, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("content", sa.JSON, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("author", NAME, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
    )
    op.create_index("prompt_version_by_digest", "prompt_version", ["name", "digest"])
    op.create_table(
        "label_move",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("name", NAME, nullable=False),
        sa.Column("label", sa.String(80), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("actor", NAME, nullable=False),
        sa.Column("moved_at", TIME, nullable=False),
    )
    op.create_index("label_move_by_name", "label_move", ["name", "label", "id"])


def _evals() -> None:
    op.create_table(
        "dataset_version",
        sa.Column("digest", DIGEST, primary_key=True),
        sa.Column("name", NAME, nullable=False),
        sa.Column("case_count", sa.Integer, nullable=False),
        sa.Column("artifact", DIGEST, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
    )
    op.create_table(
        "eval_run",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("prompt_name", NAME, nullable=False),
        sa.Column("prompt_number", sa.Integer, nullable=False),
        sa.Column("prompt_digest", DIGEST, nullable=False),
        sa.Column(
            "dataset_digest", DIGEST, sa.ForeignKey("dataset_version.digest"), nullable=False
        ),
        sa.Column("model", NAME, nullable=False),
        sa.Column("config", sa.JSON, nullable=False),
        sa.Column("summary", sa.JSON),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("finished_at", TIME),
    )
    op.create_index("ix_eval_run_prompt_name", "eval_run", ["prompt_name"])
    op.create_table(
        "sample",
        sa.Column("run_id", sa.String(40), sa.ForeignKey("eval_run.id"), primary_key=True),
        sa.Column("case_id", NAME, primary_key=True),
        sa.Column("repeat", sa.Integer, primary_key=True),
        sa.Column("body", sa.JSON, nullable=False),
    )


def _spans_and_indexes() -> None:
    op.create_table(
        "span",
        sa.Column("trace_id", sa.String(32), primary_key=True),
        sa.Column("span_id", sa.String(16), primary_key=True),
        sa.Column("parent_id", sa.String(16)),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("started_ns", sa.BigInteger, nullable=False),
        sa.Column("duration_ms", sa.Float, nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("attributes", sa.JSON, nullable=False),
    )
    op.create_index("ix_span_started_ns", "span", ["started_ns"])
    op.create_table(
        "index_manifest",
        sa.Column("corpus", NAME, primary_key=True),
        sa.Column("fingerprint", DIGEST, primary_key=True),
        sa.Column("collection", sa.String(120), nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("built_at", TIME, nullable=False),
    )


def _audit() -> None:
    op.create_table(
        "audit_event",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("time", TIME, nullable=False),
        sa.Column("actor", NAME, nullable=False),
        sa.Column("action", sa.String(80), nullable=False),
        sa.Column("resource", sa.String(300), nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("previous", DIGEST, nullable=False),
        sa.Column("hash", DIGEST, nullable=False, unique=True),
    )
    triggers = _POSTGRESQL if op.get_bind().dialect.name == "postgresql" else _SQLITE
    for statement in triggers:
        op.execute(statement)


_SQLITE = tuple(
    f"CREATE TRIGGER audit_event_no_{change.lower()} BEFORE {change} ON audit_event "
    "BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
    for change in ("UPDATE", "DELETE")
)
_FUNCTION = """
CREATE FUNCTION audit_event_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$
"""
_TRIGGER = """
CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event
FOR EACH STATEMENT EXECUTE FUNCTION audit_event_append_only()
"""
_POSTGRESQL = (_FUNCTION, _TRIGGER)
