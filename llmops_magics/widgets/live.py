"""When a live part may stand beside a view: on a page that somebody looks at, and not in a gate.

A headless run stores a widget's last state, and an exported page shows it blank in the place of the
table, so there is none then.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from llmops_magics.record import in_gate

if TYPE_CHECKING:
    from llmops_magics.evals.retrieval.labelling.report import RelevanceLabelling
    from llmops_magics.evals.review.report import ReviewReport
    from llmops_magics.evals.run import EvalRun

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def eval_run_bundle(run: EvalRun) -> dict[str, Any]:
    """Return the widget part of a run's MIME bundle, or nothing where none may be shown."""
    if in_gate() or not has_live_page():
        return {}
    from llmops_magics.widgets.table import ResultTable

    return widget_bundle(ResultTable(run))


def review_bundle(report: ReviewReport) -> dict[str, Any]:
    """Return the widget part of a review; a report that was read back has no session to go on."""
    if in_gate() or not has_live_page() or report.session is None:
        return {}
    from llmops_magics.widgets.review import ReviewWidget

    return widget_bundle(ReviewWidget(report.session))


def labelling_bundle(record: RelevanceLabelling) -> dict[str, Any]:
    """Return the widget part of a labelling; one that was read back has no session to go on."""
    if in_gate() or not has_live_page() or record.session is None:
        return {}
    from llmops_magics.widgets.label import LabelWidget

    return widget_bundle(LabelWidget(record.session))


def has_live_page() -> bool:
    """Tell whether a cell of a page asked for this; never imports IPython to find out.

    JupyterLab, Notebook and VS Code name the cell in their request; papermill and nbclient, which
    run a notebook that nobody looks at, do not.
    """
    kernel = _kernel()
    request = kernel.get_parent("shell") if kernel is not None else {}
    return "cellId" in (request or {}).get("metadata", {})


def is_watched() -> bool:
    """Tell whether somebody sees what is printed while a cell runs: at a terminal, or on a page."""
    return _kernel() is None or has_live_page()


def _kernel() -> Any:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return getattr(shell, "kernel", None)


def widget_bundle(widget: Any) -> dict[str, Any]:
    """Return only the widget's own part: text and HTML are the record's."""
    bundle = widget._repr_mimebundle_() or {}
    if isinstance(bundle, tuple):  # data and metadata
        bundle = bundle[0]
    return {WIDGET_VIEW: bundle[WIDGET_VIEW]} if WIDGET_VIEW in bundle else {}
