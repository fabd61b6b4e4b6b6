"""Widgets: live controls on top of the views, a convenience and never the evidence.

Importing this package fills ``record.LIVE_VIEWS``; ipywidgets is imported when something is
first shown in a live kernel. Every widget is a control or an ``HTML`` made by ``views``; none is
an ``ipywidgets.Output``, which can hang a headless run.
"""

from __future__ import annotations

from llmops_magics.record import LIVE_VIEWS
from llmops_magics.widgets.live import eval_run_bundle

LIVE_VIEWS["eval-run"] = eval_run_bundle
