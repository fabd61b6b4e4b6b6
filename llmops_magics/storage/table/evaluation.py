"""Evals: runs, samples, licences of judges, what reviewers did, and answers that are kept."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Table

from llmops_magics.storage.table.base import metadata

eval_run = Table(
    "eval_run",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("status", String(20), nullable=False),  # running, finished: the one column that moves
    Column("prompt_name", String(200), nullable=False, index=True),
    Column("prompt_number", Integer, nullable=False),
    Column("prompt_digest", String(80), nullable=False),
    Column("dataset_digest", String(80), ForeignKey("dataset_content.digest"), nullable=False),
    Column("model", String(200), nullable=False),
    Column("config", JSON, nullable=False),
    Column("summary", JSON),  # filled when finished
    Column("started_at", String(32), nullable=False),
    Column("finished_at", String(32)),
)

sample = Table(
    "sample",
    metadata,
    Column("run_id", String(40), ForeignKey("eval_run.id"), primary_key=True),
    Column("case_id", String(200), primary_key=True),
    Column("repeat", Integer, primary_key=True),
    Column("body", JSON, nullable=False),
)

# The newest licence of a digest counts: judge, its prompt, model and rubric. Append-only.
judge_licence = Table(
    "judge_licence",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("judge", String(200), nullable=False),
    Column("digest", String(80), nullable=False),
    Column("dataset_digest", String(80), ForeignKey("dataset_content.digest"), nullable=False),
    Column("body", JSON, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("issued_at", String(32), nullable=False),
    Index("judge_licence_by_digest", "digest", "id"),
)

# What reviewers did to the samples of a run, in order; an undo is an action too. Append-only.
review_action = Table(
    "review_action",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run_id", String(40), ForeignKey("eval_run.id"), nullable=False),
    Column("case_id", String(200), nullable=False),
    Column("repeat", Integer, nullable=False),
    Column("action", String(40), nullable=False),
    Column("body", JSON, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("at", String(32), nullable=False),
    Index("review_action_by_run", "run_id", "id"),
)

# Answers of models by the digest of what was asked: a cache, so rows may be deleted.
response = Table(
    "response",
    metadata,
    Column("key", String(80), primary_key=True),
    Column("model", String(200), nullable=False),
    Column("body", JSON, nullable=False),
    Column("created_at", String(32), nullable=False),
    Index("response_by_time", "created_at"),
)
