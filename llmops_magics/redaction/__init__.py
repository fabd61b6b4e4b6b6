"""Secrets and personal data, found by pattern and masked before anything is written.

Every pattern is linear on hostile input (bounded repeats, no nested quantifiers) and specific:
a mask in the wrong place costs evidence. The guard layer adds models to this; these patterns are
always on.
"""

from __future__ import annotations

from llmops_magics.redaction.mask import (
    find_personal,
    find_secrets,
    find_sensitive,
    redact,
    redact_value,
    redact_words,
    sensitive_words,
)
from llmops_magics.redaction.pattern import Finding, outermost

__all__ = [
    "MODULES",
    "Finding",
    "find_personal",
    "find_secrets",
    "find_sensitive",
    "outermost",
    "redact",
    "redact_value",
    "redact_words",
    "sensitive_words",
]

# What decides the findings: whoever keeps a version of them takes the digest of these.
MODULES = tuple(
    f"{__name__}.{name}" for name in ("pattern", "number", "secret", "personal", "mask")
)
