"""Stored answers of models, licences of judges, and what reviewers said of cases.

Answers are a cache and may be deleted; licences and review actions are append-only.
"""

import sqlalchemy as sa
from alembic import op

from llmops_magics.storage.append_only import make_append_only

revision = "0004"
down_revision = "0003"

DIGEST = sa.String(80)
TIME = sa.String(32)
NAME = sa.String(200)
APPEND_ONLY = ("judge_licence", "review_action")


def upgrade() -> None:
    """Make the three tables."""
    _responses()
    _licences()
    _reviews()
    make_append_only(*APPEND_ONLY)


def _responses() -> None:
    op.create_table(
        "response",
        sa.Column("key", DIGEST, primary_key=True),
        sa.Column("model", NAME, nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
    )
    op.create_index("response_by_time", "response", ["created_at"])


def _licences() -> None:
    op.create_table(
        "judge_licence",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("judge", NAME, nullable=False),
        sa.Column("digest", DIGEST, nullable=False),
        sa.Column(
            "dataset_digest", DIGEST, sa.ForeignKey("dataset_content.digest"), nullable=False
        ),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("actor", NAME, nullable=False),
        sa.Column("issued_at", TIME, nullable=False),
    )
    op.create_index("judge_licence_by_digest", "judge_licence", ["digest", "id"])


def _reviews() -> None:
    op.create_table(
        "review_action",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("run_id", sa.String(40), sa.ForeignKey("eval_run.id"), nullable=False),
        sa.Column("case_id", NAME, nullable=False),
        sa.Column("repeat", sa.Integer, nullable=False),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("actor", NAME, nullable=False),
        sa.Column("at", TIME, nullable=False),
    )
    op.create_index("review_action_by_run", "review_action", ["run_id", "id"])
