"""What is kept of an attribute where a workspace keeps no text: ``capture = "metadata"``.

Numbers and truth values are kept whoever set them. Of texts only those are kept that the
conventions, or we, define as names and ids and that look like one; what a user puts on a span of
his own may be anything, and so none of it is.
"""

from __future__ import annotations

import re
from typing import Any, Final

from llmops_magics.tracing import semconv

REDACTED: Final = "[redacted]"
_IDENTIFIER = re.compile(r"[\w.:/@+#\[\]-]{0,128}")
# Ours are names that a workspace knows, such as a notebook's; they may hold blanks.
_OWN = frozenset(
    value for value in vars(semconv).values() if isinstance(value, str) and "llmops." in value
)
_STANDARD = re.compile(r"(?:gen_ai|openai|server|error|session|user)\.[\w.]+")


def wordless(name: str, value: Any) -> Any:
    """Return an attribute's value as far as it is no free text; ``[redacted]`` for the rest."""
    if value is None or isinstance(value, bool | int | float) or name in _OWN:
        return value
    if not _STANDARD.fullmatch(name):
        return REDACTED if isinstance(value, str) else _numbers(value)
    return _identifiers(value)


def _numbers(value: Any) -> Any:
    is_plain = isinstance(value, list) and all(isinstance(v, bool | int | float) for v in value)
    return value if is_plain else REDACTED


def _identifiers(value: Any) -> Any:
    if isinstance(value, list):
        return [_identifiers(each) for each in value]
    if isinstance(value, str):
        return value if _IDENTIFIER.fullmatch(value) else REDACTED
    return value if isinstance(value, bool | int | float) else REDACTED
