"""Views: pure functions from finished records to HTML and plain text.

Importing this package fills ``record.VIEWS``; a record then shows itself in any notebook. It
imports no heavy library, no record's module, and the module of a view only when it is first shown.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from llmops_magics.record import VIEWS, View
from llmops_magics.views.document import html_document

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["html_document"]

# The module of each kind; in it are ``<kind>_html`` and ``<kind>_text``.
_MODULES = {
    "access-check": "search_result",
    "access-decision": "access",
    "approval": "approval",
    "approval-list": "approval",
    "approval-request": "approval",
    "budget-list": "budget",
    "budget-state": "budget",
    "cache-change": "cache",
    "cache-status": "cache",
    "calibration": "calibration",
    "cause-report": "cause",
    "change-test": "change_test",
    "comparison": "comparison",
    "corpus-check": "corpus_change",
    "corpus-diff": "corpus_change",
    "corpus-list": "corpus",
    "corpus-log": "corpus",
    "corpus-proof": "corpus_change",
    "corpus-version": "corpus",
    "corpus-view": "corpus",
    "cost-forecast": "cost_forecast",
    "cost-report": "cost",
    "dataset": "dataset",
    "dataset-change": "dataset_change",
    "dataset-check": "dataset_check",
    "dataset-diff": "dataset_diff",
    "dataset-export": "dataset_change",
    "dataset-freeze": "dataset_change",
    "dataset-list": "dataset",
    "dataset-schema": "dataset",
    "dataset-view": "dataset",
    "detector-list": "scan_report",
    "drift": "drift",
    "guard-bench": "guard_bench",
    "guard-decisions": "guarding",
    "guard-pending": "guarding",
    "guard-question": "guarding",
    "guard-training": "guard_training",
    "dossier": "dossier",
    "dossier-diff": "dossier_diff",
    "dossier-list": "dossier",
    "dossier-report": "dossier",
    "power": "power",
    "eval-estimate": "estimate",
    "eval-matrix": "matrix",
    "eval-run": "evaluation",
    "eval-run-list": "runs",
    "gate-aa": "gate_aa",
    "gate-batch": "gate_batch",
    "gate-decision": "gate",
    "gate-file": "gate_notebook",
    "gate-lint": "gate_lint",
    "gate-list": "gate_notebook",
    "gate-result": "gate",
    "key-list": "keys",
    "label-move": "label",
    "index-change": "index",
    "index-list": "index",
    "index-manifest": "index",
    "index-status": "index_status",
    "index-verification": "index_status",
    "metrics": "metrics",
    "monitor-banner": "monitor",
    "monitor-check": "monitor",
    "monitor-edit": "monitor",
    "monitor-list": "monitor",
    "monitor-view": "monitor",
    "prompt-ablation": "ablation",
    "prompt-answer": "conversation",
    "prompt-archive": "listing",
    "prompt-bisect": "bisection",
    "prompt-blame": "blame",
    "prompt-dependents": "listing",
    "prompt-diff": "prompt_diff",
    "prompt-list": "listing",
    "prompt-log": "history",
    "prompt-search": "search",
    "prompt-snapshot": "history",
    "prompt-transfer": "listing",
    "prompt-version": "prompt",
    "query-synthesis": "relevance",
    "readiness": "readiness",
    "redteam-report": "redteam_report",
    "registered-key": "keys",
    "relevance-labelling": "relevance",
    "rendered-prompt": "conversation",
    "retrieval-drift": "retrieval_drift",
    "retrieval-report": "retrieval",
    "retrieval-sweep": "retrieval_sweep",
    "retrieval-sweep-plan": "retrieval_sweep_plan",
    "review": "review",
    "scan-report": "scan_report",
    "search-result": "search_result",
    "semantic-measurement": "cache",
    "rightsize": "rightsize",
    "environments": "release",
    "release-history": "release",
    "release-status": "release",
    "rollout-look": "rollout",
    "rollout-report": "rollout",
    "rollout-watch": "rollout",
    "shadow-report": "shadow",
    "route-trial": "router",
    "router-list": "router",
    "trace": "trace",
    "trace-detail": "trace_detail",
    "trace-list": "trace_list",
    "trace-prune": "trace_change",
    "trace-transfer": "trace_change",
    "account": "account",
    "audit-checkpoint": "audit",
    "audit-erasure": "audit",
    "audit-event": "audit_event",
    "audit-export": "audit",
    "audit-log": "audit_event",
    "audit-report": "audit",
    "class-retention": "retention",
    "incident": "incident",
    "incident-list": "incident",
    "legal-hold": "retention",
    "mapping-report": "mapping",
    "retention-report": "retention",
}


# Records that an output cell shortens in a way of their own; the functions are in ``bundle``.
_SHORTENED = {
    "cause-report": "shown_cause_report",
    "comparison": "shown_comparison",
    "corpus-check": "shown_corpus_change",
    "corpus-diff": "shown_corpus_change",
    "corpus-list": "shown_corpus",
    "corpus-log": "shown_corpus",
    "corpus-view": "shown_corpus",
    "eval-run": "shown_eval_run",
    "index-list": "shown_index",
    "index-status": "shown_index",
    "redteam-report": "shown_redteam_report",
    "retrieval-drift": "shown_retrieval_drift",
    "retrieval-report": "shown_retrieval_report",
    "retrieval-sweep": "shown_retrieval_sweep",
    "trace": "shown_trace",
}


# Read again out of the executed notebook, where it is the evidence.
_WHOLE = frozenset({"gate-decision"})


def _late(module: str, name: str, bound: str = "") -> Callable[[Any], Any]:
    """Return a function that finds its module when it is first called.

    ``bound`` names the function of ``clip`` that keeps what it gives within its size.
    """

    def shown(record: Any) -> Any:
        made = getattr(import_module(f"{__name__}.{module}"), name)(record)
        return getattr(import_module(f"{__name__}.clip"), bound)(made) if bound else made

    return shown


for _kind, _module in _MODULES.items():
    _stem = _kind.replace("-", "_")
    VIEWS[_kind] = View(
        html=_late(_module, f"{_stem}_html", "bounded_html"),
        text=_late(_module, f"{_stem}_text", "bounded_text"),
        json=None if _kind in _WHOLE else _late("bundle", _SHORTENED.get(_kind, "shown_record")),
    )
