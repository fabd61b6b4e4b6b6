"""Views: pure functions from finished records to HTML and plain text.

Importing this package fills ``record.VIEWS``; a record then shows itself in any notebook. It
imports no heavy library, and no record's module either.
"""

from __future__ import annotations

from llmops_magics.record import VIEWS, View
from llmops_magics.views.comparison import comparison_html, comparison_text
from llmops_magics.views.document import html_document
from llmops_magics.views.evaluation import eval_run_html, eval_run_text
from llmops_magics.views.gate import (
    gate_decision_html,
    gate_decision_text,
    gate_result_html,
    gate_result_text,
)
from llmops_magics.views.prompt import (
    prompt_diff_html,
    prompt_diff_text,
    prompt_version_html,
    prompt_version_text,
)
from llmops_magics.views.trace import trace_html, trace_text

__all__ = ["html_document"]

VIEWS.update(
    {
        "prompt-version": View(html=prompt_version_html, text=prompt_version_text),
        "prompt-diff": View(html=prompt_diff_html, text=prompt_diff_text),
        "eval-run": View(html=eval_run_html, text=eval_run_text),
        "comparison": View(html=comparison_html, text=comparison_text),
        "trace": View(html=trace_html, text=trace_text),
        "gate-decision": View(html=gate_decision_html, text=gate_decision_text),
        "gate-result": View(html=gate_result_html, text=gate_result_text),
    }
)
