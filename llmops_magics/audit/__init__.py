"""The audit trail: append-only, hash-chained events, and their verification."""
