"""Monitors, and the states they went through."""

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Nothing yet."""
