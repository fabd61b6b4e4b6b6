"""Service tiers: the names a provider has for them, and what the price table calls them.

``genai-prices`` ignores a key or value that it does not know and returns the full price, so only
what is listed here is ever handed to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

STANDARD: Final = ""
UNKNOWN: Final = "unknown"  # a tier nobody has a price for
BATCH: Final = "batch"

# By what requests and answers say. "auto" is the project's own tier: the answer says which.
_NAMES: Final = {
    "": STANDARD,
    "auto": STANDARD,
    "default": STANDARD,
    "standard": STANDARD,
    "flex": "flex",
    "priority": "priority",
    "fast": "fast",
    "batch": BATCH,
}
CONTEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    BATCH: {"processing": "batch"},
    "flex": {"service_tier": "flex"},
    "priority": {"service_tier": "priority"},
    "fast": {"service_tier": "fast"},
}


def tier_of(said: Any) -> str:
    """Return the tier that a request or an answer names; ``UNKNOWN`` for a name nobody has."""
    if said is None:
        return STANDARD
    return _NAMES.get(said.lower(), UNKNOWN) if isinstance(said, str) else UNKNOWN


def billed_tier(asked: Any, served: Any) -> str:
    """Return the tier that is billed: the one that served the call, else the one asked for."""
    return tier_of(served or asked)


def requested_tier(settings: Mapping[str, Any]) -> str:
    """Return the tier that a call's settings ask for."""
    return tier_of(settings.get("service_tier"))
