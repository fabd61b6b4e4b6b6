"""What was masked in texts, encrypted, so that the right principal can have it back.

Rows can be deleted: what is forgotten here cannot be restored by anybody.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

TABLE = "redacted_value"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        TABLE,
        sa.Column("scope", sa.String(200), primary_key=True),
        sa.Column("placeholder", sa.String(80), primary_key=True),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("key_id", sa.String(16), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.UniqueConstraint("scope", "fingerprint", name=f"{TABLE}_once"),
    )
