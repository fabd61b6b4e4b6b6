"""Which adapter takes a metric: decided by the package of its class or of a base, imported by then.

Nothing is imported for a value of another kind, so the check costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, cast

from llmops_magics.evals.scorers.contract import Scorer

ADAPTERS = ("deepeval", "ragas", "mlflow")


def adapt(metric: Any, name: str = "") -> Scorer | None:
    """Return the scorer that a metric of a known package is, None for any other value.

    Raises ``ScorerError`` for a metric of such a package that cannot score one answer.
    """
    packages = {kind.__module__.partition(".")[0] for kind in type(metric).__mro__}
    package = next((each for each in ADAPTERS if each in packages), None)
    if package is None:
        return None
    adapter = import_module(f"llmops_magics.evals.scorers.adapter.{package}")
    return cast("Scorer | None", adapter.adapt(metric, name))
