"""Names of what the span of a check says; none of it is text that was checked."""

from __future__ import annotations

from typing import Final

BOUNDARY: Final = "llmops.guard.boundary"
ACTION: Final = "llmops.guard.action"  # the strictest over all texts
POLICIES: Final = "llmops.guard.policies"
KINDS: Final = "llmops.guard.kinds"
FINDINGS: Final = "llmops.guard.findings"
TEXTS: Final = "llmops.guard.texts"
DETECTORS: Final = "llmops.guard.detectors"  # name and version of each
FAILED: Final = "llmops.guard.failed"  # names of those that could not look
QUESTION: Final = "llmops.guard.question"  # the id of what a person was asked
