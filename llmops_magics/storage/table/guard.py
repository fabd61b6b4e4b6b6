"""What the boundaries decided, what a person was asked there, and the answers. Append-only."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Table, Text

from llmops_magics.storage.table.base import metadata

# One row a text that was found, refused or asked about, or that somebody could not look at.
guard_decision = Table(
    "guard_decision",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", String(32), nullable=False),
    Column("boundary", String(20), nullable=False),
    Column("action", String(10), nullable=False),
    Column("subject", String(300), nullable=False),  # which message, tool or passage
    Column("policies", JSON, nullable=False),
    Column("findings", JSON, nullable=False),  # kinds and spans, never what was found
    Column("detectors", JSON, nullable=False),  # name, version, milliseconds and error of each
    Column("excerpt", Text, nullable=False),  # masked; empty where no content is kept
    Column("characters", Integer, nullable=False),
    Column("prompt", String(300), nullable=False),
    Column("environment", String(100), nullable=False),
    Column("actor", String(200), nullable=False),
    Column("trace_id", String(32), nullable=False),
    Column("span_id", String(16), nullable=False),
    Column("pending_id", String(32), nullable=False),  # empty where nobody was asked
    Index("guard_decision_by_action", "action", "id"),
    Index("guard_decision_by_trace", "trace_id"),
)

# What waits for a person's yes, or waited.
guard_pending = Table(
    "guard_pending",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("at", String(32), nullable=False),
    Column("expires_at", String(32), nullable=False),
    Column("boundary", String(20), nullable=False),
    Column("subject", String(300), nullable=False),
    Column("reason", Text, nullable=False),
    Column("shown", Text, nullable=False),  # what is asked about, masked
    Column("environment", String(100), nullable=False),
    Column("actor", String(200), nullable=False),
    Column("trace_id", String(32), nullable=False),
    Index("guard_pending_by_time", "at"),
)

# One answer a question: the first stands.
guard_answer = Table(
    "guard_answer",
    metadata,
    Column("pending_id", String(32), ForeignKey("guard_pending.id"), primary_key=True),
    Column("answer", String(10), nullable=False),  # allow, deny, expired
    Column("actor", String(200), nullable=False),
    Column("at", String(32), nullable=False),
    Column("note", Text, nullable=False),
)
