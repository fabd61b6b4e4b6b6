"""Gate runs, approvals, what each environment serves, rollouts, and incidents."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from llmops_magics.storage.table.base import metadata

# One row a sealed gate run: what a release looks for. Append-only.
gate_run = Table(
    "gate_run",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("gate_id", String(200), nullable=False, unique=True),
    Column("gate", String(200), nullable=False),  # the notebook's stem
    Column("verdict", String(20), nullable=False),  # empty: it could not run
    Column("mode", String(20), nullable=False),  # live, replay or rejudge
    Column("environment", String(100), nullable=False),
    Column("prompt", String(200), nullable=False),
    Column("prompt_digest", String(80), nullable=False),
    Column("dataset_digest", String(80), nullable=False),
    Column("index_fingerprint", String(80), nullable=False),
    Column("run_id", String(80), nullable=False),
    Column("dossier_digest", String(80), nullable=False),
    Column("key_id", String(80), nullable=False),
    Column("folder", Text, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("finished_at", String(32), nullable=False),
    Index("gate_run_by_prompt", "prompt", "prompt_digest", "id"),
    Index("gate_run_by_gate", "gate", "id"),
    Index("gate_run_by_dossier", "dossier_digest"),
)

# Somebody wants to release, and approvals are missing. Append-only.
approval_request = Table(
    "approval_request",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("environment", String(100), nullable=False),
    Column("prompt", String(200), nullable=False),
    Column("bundle", JSON, nullable=False),
    Column("bundle_digest", String(80), nullable=False),
    Column("actor", String(200), nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", String(32), nullable=False),
    Index("approval_request_by_bundle", "bundle_digest", "environment"),
)

# A signed yes or no to exactly these dossiers, or its withdrawal. Append-only.
approval = Table(
    "approval",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("environment", String(100), nullable=False),
    Column("prompt", String(200), nullable=False),
    Column("bundle_digest", String(80), nullable=False),
    Column("dossiers", JSON, nullable=False),
    Column("decision", String(20), nullable=False),  # approve, reject, withdraw, review
    Column("approver", String(200), nullable=False),
    Column("key_id", String(80), nullable=False),
    Column("reason", Text, nullable=False),
    Column("withdraws", String(32), nullable=False),
    Column("at", String(32), nullable=False),
    Column("expires_at", String(32), nullable=False),
    Column("envelope", Text, nullable=False),  # DSSE, as JSON
    Index("approval_by_bundle", "bundle_digest", "environment"),
    Index("approval_by_time", "at"),
)

# What an environment serves of a prompt: the row of the highest generation. Append-only.
release_state = Table(
    "release_state",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("environment", String(100), nullable=False),
    Column("prompt", String(200), nullable=False),
    Column("label", String(80), nullable=False),  # that the environment moves
    Column("generation", Integer, nullable=False),
    Column("action", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("stable", JSON(none_as_null=True)),  # a bundle
    Column("candidate", JSON(none_as_null=True)),
    Column("held", JSON(none_as_null=True)),  # what the holdback stays with
    Column("back", Integer, nullable=False),  # the generation a rollback goes to, 0: none
    Column("share", Float, nullable=False),  # of the candidate, 0 to 1
    Column("salt", String(80), nullable=False),
    Column("rollout_id", String(32), nullable=False),
    Column("plan", JSON(none_as_null=True)),  # steps, hold, guardrails, targeting, holdback
    Column("step", Integer, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("reason", Text, nullable=False),
    Column("evidence", JSON, nullable=False),
    Column("at", String(32), nullable=False),
    UniqueConstraint("environment", "prompt", "generation", name="release_state_generation"),
    Index("release_state_by_rollout", "rollout_id", "id"),
    Index("release_state_by_label", "prompt", "label", "id"),
)

# Nothing but a rollback may change an environment while its newest row says frozen. Append-only.
release_freeze = Table(
    "release_freeze",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("environment", String(100), nullable=False),
    Column("frozen", Boolean, nullable=False),
    Column("until", String(32), nullable=False),
    Column("actor", String(200), nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", String(32), nullable=False),
    Index("release_freeze_by_environment", "environment", "id"),
)

# Who watches: rows change, one holder at a time.
release_lease = Table(
    "release_lease",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("holder", String(200), nullable=False),
    Column("token", Integer, nullable=False),  # grows with each holder: an old one is refused
    Column("expires_at", String(32), nullable=False),
)

# What the controller saw at one look, and what it made of it. Append-only.
rollout_look = Table(
    "rollout_look",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("rollout_id", String(32), nullable=False),
    Column("generation", Integer, nullable=False),
    Column("decision", String(20), nullable=False),
    Column("reason", Text, nullable=False),
    Column("arms", JSON, nullable=False),
    Column("tests", JSON, nullable=False),
    Column("at", String(32), nullable=False),
    Index("rollout_look_by_rollout", "rollout_id", "id"),
)

# One request that both versions answered in shadow mode. Append-only.
shadow_pair = Table(
    "shadow_pair",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("rollout_id", String(32), nullable=False),
    Column("stable_trace", String(32), nullable=False),
    Column("candidate_trace", String(32), nullable=False),
    Column("comparison", JSON, nullable=False),
    Column("at", String(32), nullable=False),
    Index("shadow_pair_by_rollout", "rollout_id", "id"),
)

# Something went wrong in production, and what was done: the newest row of an id. Append-only.
incident = Table(
    "incident",
    metadata,
    Column("row", Integer, primary_key=True, autoincrement=True),
    Column("id", String(32), nullable=False),
    Column("environment", String(100), nullable=False),
    Column("prompt", String(200), nullable=False),
    Column("state", String(20), nullable=False),  # open or closed
    Column("severity", String(20), nullable=False),
    Column("title", Text, nullable=False),
    Column("details", JSON, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("at", String(32), nullable=False),
    Index("incident_by_id", "id", "row"),
    Index("incident_by_prompt", "prompt", "environment", "row"),
)
