"""The audit trail: a chain of events, its signed heads, and the keys of what can be erased."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Index, Integer, String, Table, Text

from llmops_magics.storage.table.base import metadata

# Append-only, as the checkpoints are.
audit_event = Table(
    "audit_event",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("time", String(32), nullable=False),
    Column("actor", String(200), nullable=False),
    Column("action", String(80), nullable=False),
    Column("resource", String(300), nullable=False),
    Column("body", JSON, nullable=False),
    Column("previous", String(80), nullable=False),
    Column("hash", String(80), nullable=False, unique=True),
    Index("audit_event_by_resource", "resource", "seq"),
    Index("audit_event_by_action", "action", "seq"),
    Index("audit_event_by_actor", "actor", "seq"),
    Index("audit_event_by_time", "time", "seq"),
)

# A head of the chain, signed; where it was published stands in the envelope's own copy.
audit_checkpoint = Table(
    "audit_checkpoint",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("seq", Integer, nullable=False),
    Column("head", String(80), nullable=False),
    Column("key_id", String(80), nullable=False),
    Column("actor", String(200), nullable=False),
    Column("at", String(32), nullable=False),
    Column("envelope", Text, nullable=False),  # DSSE, as JSON
)

# The key of one person's sealed values. A row changes once, when the key goes: what was sealed
# under it is then erased.
audit_subject = Table(
    "audit_subject",
    metadata,
    Column("subject", String(80), primary_key=True),  # a name of no meaning
    Column("lookup", String(80), nullable=False, unique=True),  # keyed digest of who it is
    Column("key", Text),  # wrapped; NULL once it was erased
    Column("name", Text, nullable=False),  # who it is, sealed under that key
    Column("made_at", String(32), nullable=False),
    Column("erased_at", String(32), nullable=False),
)
