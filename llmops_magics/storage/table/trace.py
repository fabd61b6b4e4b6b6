"""Traces: spans, what is searched of a trace, and what the calls of a time add up to."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Float, Index, Integer, String, Table, Text

from llmops_magics.storage.table.base import metadata

span = Table(
    "span",
    metadata,
    Column("trace_id", String(32), primary_key=True),
    Column("span_id", String(16), primary_key=True),
    Column("parent_id", String(16)),
    Column("name", String(300), nullable=False),
    Column("started_ns", BigInteger, nullable=False, index=True),
    Column("duration_ms", Float, nullable=False),
    Column("status", String(10), nullable=False),
    Column("attributes", JSON, nullable=False),
)

# What is searched of a trace: its spans folded into one row, which grows as they come. What has
# several values (models to users, and failures, counted) is JSON text.
trace = Table(
    "trace",
    metadata,
    Column("trace_id", String(32), primary_key=True),
    Column("root_id", String(16)),  # NULL while the root has not ended
    Column("name", String(300), nullable=False),
    Column("started_ns", BigInteger, nullable=False),
    Column("ended_ns", BigInteger, nullable=False),
    Column("latency_ms", Float, nullable=False),
    Column("status", String(10), nullable=False),
    Column("span_count", Integer, nullable=False),
    Column("call_count", Integer, nullable=False),
    Column("error_count", Integer, nullable=False),
    Column("unpriced_calls", Integer, nullable=False),
    Column("cached_calls", Integer, nullable=False),
    Column("input_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
    Column("cost_usd", String(40), nullable=False),  # of the calls whose price was known
    Column("cell", Integer),
    Column("notebook", String(300), nullable=False),
    Column("models", Text, nullable=False),
    Column("prompts", Text, nullable=False),
    Column("runs", Text, nullable=False),
    Column("sessions", Text, nullable=False),
    Column("users", Text, nullable=False),
    Column("failures", Text, nullable=False),
    Index("trace_by_time", "started_ns", "status", "latency_ms"),
    Index("trace_by_latency", "latency_ms", "started_ns"),
)

# What the calls of a day (UTC) add up to whose spans were pruned. Empty texts stand for none.
trace_day = Table(
    "trace_day",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("model", String(300), primary_key=True),
    Column("prompt", String(300), primary_key=True),
    Column("notebook", String(300), primary_key=True),
    Column("purpose", String(300), primary_key=True),
    Column("body", JSON, nullable=False),
)

# What the calls of an hour or a day (UTC) add up to whose spans are there: a cache, whose rows go
# when a span of the period comes or goes. ``body`` is NULL while ``claim`` says who reads them.
call_period = Table(
    "call_period",
    metadata,
    Column("period", String(13), primary_key=True),
    Column("claim", String(32), nullable=False),
    Column("body", JSON(none_as_null=True)),
)
