"""What is searched of a trace: one row each beside its spans."""

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Nothing yet."""
