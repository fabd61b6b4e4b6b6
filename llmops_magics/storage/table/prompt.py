"""Prompts: every version, where labels point, tags, what holds what. Append-only."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Index, Integer, String, Table, Text, false

from llmops_magics.storage.table.base import metadata

# The prompt tables are append-only: a trigger refuses every UPDATE and DELETE.
prompt_version = Table(
    "prompt_version",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("digest", String(80), nullable=False),
    Column("source", Text, nullable=False),  # the .prompty text as written
    Column("content", JSON, nullable=False),  # what the digest is taken of
    Column("message", Text, nullable=False),
    Column("author", String(200), nullable=False),
    Column("created_at", String(32), nullable=False),
    # What is shown but not hashed: description, sample and the variables read, so that a version
    # is loaded without parsing it. NULL in rows of 0001: their source is parsed again.
    Column("details", JSON(none_as_null=True)),
    Index("prompt_version_by_digest", "name", "digest"),
    # All a log shows, so that it need not walk through sources. SQLite only: PostgreSQL keeps
    # large values apart anyway, and limits what an index entry may hold.
    Index(
        "prompt_version_log", "name", "number", "digest", "message", "author", "created_at"
    ).ddl_if(dialect="sqlite"),
)

# The newest row of a name and label is where the label points.
label_move = Table(
    "label_move",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(200), nullable=False),
    Column("label", String(80), nullable=False),
    Column("number", Integer, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("moved_at", String(32), nullable=False),
    Column("action", String(20), nullable=False, server_default="move"),  # or rollback, forward
    Column("reason", Text, nullable=False, server_default=""),
    Column("forced", Boolean, nullable=False, server_default=false()),
    Index("label_move_by_name", "name", "label", "id"),
)

# The newest row of a version and key counts.
prompt_tag = Table(
    "prompt_tag",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(200), nullable=False),
    Column("number", Integer, nullable=False),
    Column("key", String(80), nullable=False),
    Column("value", Text, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("tagged_at", String(32), nullable=False),
    Index("prompt_tag_by_version", "name", "number", "id"),
)

# Which prompts a version holds the text of, directly or through others.
prompt_include = Table(
    "prompt_include",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(200), nullable=False),
    Column("number", Integer, nullable=False),
    Column("included", String(200), nullable=False),
    Column("included_digest", String(80), nullable=False),
    Column("through", JSON, nullable=False),  # the names between, outermost first
    Index("prompt_include_by_included", "included", "name", "number"),
)

# The newest row of a name says whether it is put away.
prompt_archive = Table(
    "prompt_archive",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(200), nullable=False),
    Column("archived", Boolean, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("at", String(32), nullable=False),
    Column("reason", Text, nullable=False),
    Index("prompt_archive_by_name", "name", "id"),
)
