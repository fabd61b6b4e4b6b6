"""The key that masked values are sealed under: kept apart from the store that has them.

``LLMOPS_REDACTION_KEY`` (32 bytes in base64) where it is set; otherwise a file in the user's own
data folder, which is made with the first value that is sealed and which its owner alone may read.
Whoever has a copy of the store, and not the key, has placeholders.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from llmops_magics.errors import GuardError
from llmops_magics.storage.secret_key import KeyPlace, SecretKey

VARIABLE: Final = "LLMOPS_REDACTION_KEY"
PLACE: Final = KeyPlace(
    variable=VARIABLE, file="redaction.key", what="the key of masked values", error=GuardError
)
VaultKey = SecretKey


def key_path() -> Path:
    """Return where the key's file is: in the user's data folder, never in a workspace."""
    return PLACE.path()


def read_key() -> VaultKey:
    """Return the key; one is made where there is none. Raises ``GuardError``."""
    return PLACE.read(key_path())
