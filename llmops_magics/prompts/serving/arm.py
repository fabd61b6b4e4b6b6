"""The arms of a release and the states of a prompt in an environment, by name."""

from __future__ import annotations

from typing import Final

STABLE: Final = "stable"
CANDIDATE: Final = "candidate"
HELD: Final = "held"
ARMS: Final = (STABLE, CANDIDATE, HELD)

# Nothing rolls; a candidate has a share; it keeps its share; it is never shown; all but the
# holdback have the new version.
SERVING, ROLLING, PAUSED, SHADOW, HOLDBACK = "serving", "rolling", "paused", "shadow", "holdback"
UNDER_WAY: Final = (ROLLING, PAUSED, SHADOW)
