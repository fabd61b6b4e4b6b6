"""What was sealed: one row a gate run."""

import sqlalchemy as sa
from alembic import op

from llmops_magics.storage.append_only import make_append_only

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Make the table, and keep it append-only."""
    op.create_table(
        "gate_run",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("gate_id", sa.String(200), nullable=False, unique=True),
        sa.Column("gate", sa.String(200), nullable=False),
        sa.Column("verdict", sa.String(20), nullable=False),
        sa.Column("mode", sa.String(20), nullable=False),
        sa.Column("environment", sa.String(100), nullable=False),
        sa.Column("prompt", sa.String(200), nullable=False),
        sa.Column("prompt_digest", sa.String(80), nullable=False),
        sa.Column("dataset_digest", sa.String(80), nullable=False),
        sa.Column("index_fingerprint", sa.String(80), nullable=False),
        sa.Column("run_id", sa.String(80), nullable=False),
        sa.Column("dossier_digest", sa.String(80), nullable=False),
        sa.Column("key_id", sa.String(80), nullable=False),
        sa.Column("folder", sa.Text, nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("finished_at", sa.String(32), nullable=False),
    )
    op.create_index("gate_run_by_dossier", "gate_run", ["dossier_digest"])
    op.create_index("gate_run_by_gate", "gate_run", ["gate", "id"])
    op.create_index("gate_run_by_prompt", "gate_run", ["prompt", "prompt_digest", "id"])
    make_append_only("gate_run")
