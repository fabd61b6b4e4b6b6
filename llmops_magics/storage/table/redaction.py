"""Masked values that can be had back, encrypted under a key that is kept elsewhere."""

from __future__ import annotations

from sqlalchemy import Column, LargeBinary, String, Table, UniqueConstraint

from llmops_magics.storage.table.base import metadata

# Rows are deleted when a scope is forgotten; nothing of a value is readable without the key.
redacted_value = Table(
    "redacted_value",
    metadata,
    Column("scope", String(200), primary_key=True),  # a run: placeholders are stable within it
    Column("placeholder", String(80), primary_key=True),  # "person-1", without its brackets
    Column("fingerprint", String(64), nullable=False),  # keyed, of kind and value
    Column("key_id", String(16), nullable=False),  # which key it is sealed under
    Column("sealed", LargeBinary, nullable=False),  # nonce and AES-256-GCM ciphertext
    Column("actor", String(200), nullable=False),
    Column("at", String(32), nullable=False),
    UniqueConstraint("scope", "fingerprint", name="redacted_value_once"),
)
