"""Widgets: live controls on top of the views, a convenience and never the evidence.

Importing this package fills ``record.LIVE_VIEWS``; ipywidgets is imported when something is
first shown in a live kernel. None is an ``ipywidgets.Output``, which can hang a headless run. What
they show is asked for in windows and is never part of a widget's state.
"""

from __future__ import annotations

from llmops_magics.record import LIVE_VIEWS
from llmops_magics.widgets.live import eval_run_bundle, labelling_bundle, review_bundle

LIVE_VIEWS["eval-run"] = eval_run_bundle
LIVE_VIEWS["relevance-labelling"] = labelling_bundle
LIVE_VIEWS["review"] = review_bundle
