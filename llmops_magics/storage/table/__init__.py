"""Every table of the store, as SQLAlchemy Core sees it.

Rows are insert-only unless a column says otherwise; times are RFC 3339 text in UTC
(``record.format_time``), digests are tagged (``sha256:…``), money is decimal text.
A change here goes with a migration in ``migrations/versions``; a test compares the two.
Each module has the tables of one concept.
"""

from __future__ import annotations

from llmops_magics.storage.table.audit import (
    audit_checkpoint,
    audit_event,
    audit_subject,
)
from llmops_magics.storage.table.base import metadata
from llmops_magics.storage.table.budget import (
    budget,
    budget_hold,
    budget_window,
)
from llmops_magics.storage.table.dataset import (
    dataset_content,
    dataset_freeze,
    dataset_version,
)
from llmops_magics.storage.table.evaluation import (
    eval_run,
    judge_licence,
    response,
    review_action,
    sample,
)
from llmops_magics.storage.table.guard import (
    guard_answer,
    guard_decision,
    guard_pending,
)
from llmops_magics.storage.table.monitor import (
    monitor,
    monitor_state,
)
from llmops_magics.storage.table.prompt import (
    label_move,
    prompt_archive,
    prompt_include,
    prompt_tag,
    prompt_version,
)
from llmops_magics.storage.table.redaction import (
    redacted_value,
)
from llmops_magics.storage.table.release import (
    approval,
    approval_request,
    gate_run,
    incident,
    release_freeze,
    release_lease,
    release_state,
    rollout_look,
    shadow_pair,
)
from llmops_magics.storage.table.retrieval import (
    corpus_source,
    corpus_version,
    index_chunk,
    index_document,
    index_filling,
    index_move,
    relevance_label,
)
from llmops_magics.storage.table.trace import (
    call_period,
    span,
    trace,
    trace_day,
)

__all__ = [
    "approval",
    "approval_request",
    "audit_checkpoint",
    "audit_event",
    "audit_subject",
    "budget",
    "budget_hold",
    "budget_window",
    "call_period",
    "corpus_source",
    "corpus_version",
    "dataset_content",
    "dataset_freeze",
    "dataset_version",
    "eval_run",
    "gate_run",
    "guard_answer",
    "guard_decision",
    "guard_pending",
    "incident",
    "index_chunk",
    "index_document",
    "index_filling",
    "index_move",
    "judge_licence",
    "label_move",
    "metadata",
    "monitor",
    "monitor_state",
    "prompt_archive",
    "prompt_include",
    "prompt_tag",
    "prompt_version",
    "redacted_value",
    "release_freeze",
    "release_lease",
    "release_state",
    "relevance_label",
    "response",
    "review_action",
    "rollout_look",
    "sample",
    "shadow_pair",
    "span",
    "trace",
    "trace_day",
]
