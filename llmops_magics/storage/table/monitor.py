"""Monitors, and the states they went through. Append-only."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from llmops_magics.storage.table.base import metadata

# The newest row of a name is the monitor, unless it says removed. Append-only.
monitor = Table(
    "monitor",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(200), nullable=False),
    Column("rule", Text, nullable=False),
    Column("min_calls", Integer, nullable=False),
    Column("removed", Boolean, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("at", String(32), nullable=False),
    Index("monitor_by_name", "name", "id"),
)

# Every change of a monitor's state; the newest row is the state. Append-only.
monitor_state = Table(
    "monitor_state",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("monitor_id", Integer, ForeignKey("monitor.id"), nullable=False),
    Column("before", String(20), nullable=False),  # empty for the first one
    Column("state", String(20), nullable=False),  # ok, alert, no data
    Column("body", JSON, nullable=False),  # what was measured
    Column("actor", String(200), nullable=False),
    Column("at", String(32), nullable=False),
    Index("monitor_state_by_monitor", "monitor_id", "id"),
)
