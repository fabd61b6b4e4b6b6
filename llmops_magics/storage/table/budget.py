"""Budgets, what was spent of them, and what calls under way hold."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Integer, String, Table

from llmops_magics.storage.table.base import metadata

# Budgets as they were last set. Money of the three tables is in whole billionths of a US dollar:
# one statement can add and compare it exactly.
budget = Table(
    "budget",
    metadata,
    Column("name", String(300), primary_key=True),  # scope and period: "prompt:geo/capital/day"
    Column("scope", String(300), nullable=False),
    Column("period", String(10), nullable=False),
    Column("limit_nano", BigInteger, nullable=False),
    Column("warn", JSON, nullable=False),  # percentages
    Column("action", String(10), nullable=False),  # warn, block
    Column("actor", String(200), nullable=False),
    Column("set_at", String(32), nullable=False),
)

# What was spent and is held of a budget in one day, week or month. It outlives the budget.
budget_window = Table(
    "budget_window",
    metadata,
    Column("budget", String(300), primary_key=True),
    Column("window_start", String(32), primary_key=True),
    Column("spent_nano", BigInteger, nullable=False, server_default="0"),
    Column("held_nano", BigInteger, nullable=False, server_default="0"),
    Column("estimated_nano", BigInteger, nullable=False, server_default="0"),  # of what is spent
    Column("lapsed_nano", BigInteger, nullable=False, server_default="0"),  # freed, never settled
    Column("calls", Integer, nullable=False, server_default="0"),
    Column("unpriced_calls", Integer, nullable=False, server_default="0"),
    Column("warned", Integer, nullable=False, server_default="0"),  # the highest percentage
    Column("opened_at", String(32), nullable=False),  # of the first call, or earlier
    Column("breached_at", String(32)),
)

# What calls under way have reserved; gone when they are settled, or when their owner is.
budget_hold = Table(
    "budget_hold",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("budget", String(300), primary_key=True),
    Column("window_start", String(32), nullable=False),
    Column("amount_nano", BigInteger, nullable=False),
    Column("owner", String(200), nullable=False),
    Column("expires_ms", BigInteger, nullable=False),  # Unix time
    sqlite_with_rowid=False,
)
