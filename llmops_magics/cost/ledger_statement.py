"""The statements that count against budgets, the same for SQLite and PostgreSQL.

``RESERVE`` is the one that decides: it holds an amount only where it fits, at one stroke.
"""

from __future__ import annotations

from typing import Final

HOLD: Final = (
    "UPDATE budget_window SET held_nano = held_nano + :amount "
    "WHERE budget = :budget AND window_start = :window"
)
RESERVE: Final = (
    "UPDATE budget_window SET held_nano = held_nano + :amount "
    "WHERE budget = :budget AND window_start = :window "
    "AND spent_nano + held_nano + :amount <= (SELECT limit_nano FROM budget WHERE name = :budget)"
)
SETTLE: Final = (
    "UPDATE budget_window SET held_nano = held_nano - :freed, spent_nano = spent_nano + :cost, "
    "estimated_nano = estimated_nano + :estimated, lapsed_nano = lapsed_nano - :lapsed, "
    "calls = calls + 1, unpriced_calls = unpriced_calls + :unpriced "
    "WHERE budget = :budget AND window_start = :window"
)
RELEASE: Final = (
    "UPDATE budget_window SET held_nano = held_nano - :amount "
    "WHERE budget = :budget AND window_start = :window"
)
LAPSE: Final = (
    "UPDATE budget_window SET held_nano = held_nano - :amount, "
    "lapsed_nano = lapsed_nano + :amount "
    "WHERE budget = :budget AND window_start = :window"
)
NEW_WINDOW: Final = (
    "INSERT INTO budget_window (budget, window_start, opened_at) "
    "VALUES (:budget, :window, :now) ON CONFLICT DO NOTHING"
)
STATE: Final = (
    "SELECT spent_nano, held_nano, warned, (SELECT limit_nano FROM budget WHERE name = :budget) "
    "FROM budget_window WHERE budget = :budget AND window_start = :window"
)
WARNED: Final = (
    "UPDATE budget_window SET warned = :percent "
    "WHERE budget = :budget AND window_start = :window AND warned < :percent"
)
BREACHED: Final = (
    "UPDATE budget_window SET breached_at = :now "
    "WHERE budget = :budget AND window_start = :window AND breached_at IS NULL"
)
# A limit that was raised lets calls through again; what was refused stands in the audit trail.
UNBREACHED: Final = (
    "UPDATE budget_window SET breached_at = NULL, warned = 0 "
    "WHERE budget = :budget AND window_start = "
    "(SELECT max(window_start) FROM budget_window WHERE budget = :budget)"
)
NOTE_HOLD: Final = (
    "INSERT INTO budget_hold (id, budget, window_start, amount_nano, owner, expires_ms) "
    "VALUES (:id, :budget, :window, :amount, :owner, :expires_ms)"
)
DROP_HOLD: Final = "DELETE FROM budget_hold WHERE id = :id AND budget = :budget"
HOLDS: Final = (
    "SELECT id, window_start, amount_nano, owner, expires_ms FROM budget_hold "
    "WHERE budget = :budget"
)
