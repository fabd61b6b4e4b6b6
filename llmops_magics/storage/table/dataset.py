"""Datasets: their cases, versions and freezes. Append-only."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from llmops_magics.storage.table.base import metadata

# Cases by their digest, each kept once; append-only like the two tables below. ``name`` is the one
# they were first registered under.
dataset_content = Table(
    "dataset_content",
    metadata,
    Column("digest", String(80), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("case_count", Integer, nullable=False),
    Column("artifact", String(80), nullable=False),
    Column("created_at", String(32), nullable=False),
)

dataset_version = Table(
    "dataset_version",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("digest", String(80), ForeignKey("dataset_content.digest"), nullable=False),
    Column("schema", JSON(none_as_null=True)),  # NULL in rows of 0002: inferred when asked for
    Column("is_schema_set", Boolean, nullable=False),  # written by hand, not inferred
    Column("message", Text, nullable=False),
    Column("author", String(200), nullable=False),
    Column("created_at", String(32), nullable=False),
    Index("dataset_version_by_digest", "digest", "name"),
)

# The newest row of a name says whether it is frozen.
dataset_freeze = Table(
    "dataset_freeze",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(200), nullable=False),
    Column("number", Integer, nullable=False),  # its newest version then
    Column("frozen", Boolean, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("at", String(32), nullable=False),
    Column("reason", Text, nullable=False),
    Index("dataset_freeze_by_name", "name", "id"),
)
