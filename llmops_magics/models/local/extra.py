"""The optional extra ``local``: says how to get it where it is first needed and missing."""

from __future__ import annotations

from importlib.util import find_spec

from llmops_magics.errors import WeightsError


def require_extra(*modules: str) -> None:
    """Raise ``WeightsError`` unless every module of the extra that is needed can be imported."""
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        raise WeightsError(
            f"The embedded models need {', '.join(missing)}, which is not installed.",
            hint='Run: pip install "llmops-magics[local]"',
        )
