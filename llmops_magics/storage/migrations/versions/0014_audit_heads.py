"""Signed heads of the trail, keys of what can be erased, and ways to find events."""

import sqlalchemy as sa
from alembic import op

from llmops_magics.storage.append_only import make_append_only

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Make the tables, and index the trail by resource, action, actor and time."""
    op.create_index("audit_event_by_resource", "audit_event", ["resource", "seq"])
    op.create_index("audit_event_by_action", "audit_event", ["action", "seq"])
    op.create_index("audit_event_by_actor", "audit_event", ["actor", "seq"])
    op.create_index("audit_event_by_time", "audit_event", ["time", "seq"])
    _heads()
    _subjects()
    make_append_only("audit_checkpoint")
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for statement in _POSTGRESQL if is_postgresql else _SQLITE:
        op.execute(statement)


def _heads() -> None:
    op.create_table(
        "audit_checkpoint",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("head", sa.String(80), nullable=False),
        sa.Column("key_id", sa.String(80), nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("envelope", sa.Text, nullable=False),
    )


def _subjects() -> None:
    op.create_table(
        "audit_subject",
        sa.Column("subject", sa.String(80), primary_key=True),
        sa.Column("lookup", sa.String(80), nullable=False, unique=True),
        sa.Column("key", sa.Text),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("made_at", sa.String(32), nullable=False),
        sa.Column("erased_at", sa.String(32), nullable=False),
    )


_GENESIS = "sha256:" + "0" * 64
_LAST = "FROM audit_event ORDER BY seq DESC LIMIT 1"
# What follows the last event is all that may be added, and a subject may only be erased.
_SQLITE = (
    f"""
CREATE TRIGGER audit_event_next BEFORE INSERT ON audit_event
WHEN NEW.seq IS NOT coalesce((SELECT seq {_LAST}), 0) + 1
  OR NEW.previous IS NOT coalesce((SELECT hash {_LAST}), '{_GENESIS}')
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only: this is not its next event'); END
""",
    """
CREATE TRIGGER audit_subject_kept BEFORE DELETE ON audit_subject
BEGIN SELECT RAISE(ABORT, 'a subject of the audit trail can be erased, not deleted'); END
""",
    """
CREATE TRIGGER audit_subject_erased BEFORE UPDATE ON audit_subject
WHEN OLD.key IS NULL OR NEW.key IS NOT NULL OR NEW.subject <> OLD.subject
BEGIN SELECT RAISE(ABORT, 'a subject of the audit trail can be erased, once'); END
""",
)
_POSTGRESQL = (
    f"""
CREATE FUNCTION audit_event_next() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.seq IS DISTINCT FROM coalesce((SELECT seq {_LAST}), 0) + 1
    OR NEW.previous IS DISTINCT FROM coalesce((SELECT hash {_LAST}), '{_GENESIS}')
  THEN RAISE EXCEPTION 'the audit trail is append-only: this is not its next event'; END IF;
  RETURN NEW;
END $$
""",  # noqa: S608
    """
CREATE TRIGGER audit_event_next BEFORE INSERT ON audit_event
FOR EACH ROW EXECUTE FUNCTION audit_event_next()
""",
    """
CREATE FUNCTION audit_subject_erased() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF TG_OP = 'UPDATE' AND OLD.key IS NOT NULL AND NEW.key IS NULL AND NEW.subject = OLD.subject
  THEN RETURN NEW; END IF;
  RAISE EXCEPTION 'a subject of the audit trail can be erased, once';
END $$
""",
    """
CREATE TRIGGER audit_subject_erased BEFORE UPDATE OR DELETE ON audit_subject
FOR EACH ROW EXECUTE FUNCTION audit_subject_erased()
""",
)
