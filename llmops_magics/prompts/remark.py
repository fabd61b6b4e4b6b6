"""What somebody says of a change, its message or its reason: checked before anything is written.

What one database holds another must hold too, and an export and an audit trail as well: text that
is no text (a control character, half a character) is refused by name rather than by a driver.
"""

from __future__ import annotations

import re

from llmops_magics.errors import PromptError

MAX_MESSAGE_CHARS = 10_000
MAX_REASON_CHARS = 2_000
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def check_message(message: str) -> str:
    """Return a commit message; raises ``PromptError`` for one that cannot be kept."""
    return _check(message, "message", MAX_MESSAGE_CHARS, "Say why in a few lines.")


def check_reason(reason: str) -> str:
    """Return a reason; raises ``PromptError`` for one that cannot be kept."""
    return _check(reason, "reason", MAX_REASON_CHARS, "Say it in a sentence.")


def _check(text: str, what: str, limit: int, hint: str) -> str:
    if len(text) > limit:
        raise PromptError(
            f"The {what} has {len(text):,} characters; at most {limit:,} are allowed.", hint=hint
        )
    if _SURROGATE.search(text):
        raise PromptError(f"The {what} holds half a character (a lone surrogate).")
    control = _CONTROL.search(text)
    if control:
        raise PromptError(f"The {what} holds the control character U+{ord(control[0]):04X}.")
    return text
