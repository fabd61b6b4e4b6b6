"""The composition root: opens the store and hands out the layers. Wiring only.

Each module strings together one concept, with what it needs of the others: ``foundation`` the
settings and the store, ``recording`` spans, ``spending`` prices and budgets, ``calling`` the model
client, ``evaluating`` evals. ``workspace`` is what the layers above are given.
"""

from __future__ import annotations

from llmops_magics.config.template import TEMPLATE, create_workspace
from llmops_magics.workspace.current import current_workspace, opened_workspaces
from llmops_magics.workspace.workspace import Workspace

__all__ = ["TEMPLATE", "Workspace", "create_workspace", "current_workspace", "opened_workspaces"]
