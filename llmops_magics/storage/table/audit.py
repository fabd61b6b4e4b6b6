"""The audit trail: a chain of events. Append-only."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Integer, String, Table

from llmops_magics.storage.table.base import metadata

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
)
