"""Budgets, and what calls under way have reserved of them."""

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Nothing yet."""
