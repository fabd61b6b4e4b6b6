"""The key that masked values are sealed under: kept apart from the store that has them.

``LLMOPS_REDACTION_KEY`` (32 bytes in base64) where it is set; otherwise a file in the user's own
data folder, which is made with the first value that is sealed and which its owner alone may read.
Whoever has a copy of the store, and not the key, has placeholders.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import secrets
import stat
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import platformdirs

from llmops_magics.errors import GuardError

VARIABLE: Final = "LLMOPS_REDACTION_KEY"
BYTES: Final = 32
_HOW: Final = (
    f"Set {VARIABLE} to 32 bytes in base64: "
    'python -c "import base64, os; print(base64.b64encode(os.urandom(32)).decode())".'
)


@dataclass(frozen=True, kw_only=True)
class VaultKey:
    """A key, in two parts: one seals values, the other recognises a value that was sealed."""

    id: str
    sealing: bytes = field(repr=False)
    naming: bytes = field(repr=False)

    @classmethod
    def of(cls, secret: bytes) -> VaultKey:
        """Return the key of a secret of 32 bytes; ``GuardError`` if it has another length."""
        if len(secret) != BYTES:
            raise GuardError(
                f"the key of masked values has {len(secret)} bytes, not {BYTES}.", hint=_HOW
            )
        parts = [hmac.digest(secret, use, hashlib.sha256) for use in (b"id", b"seal", b"name")]
        return cls(id=parts[0].hex()[:16], sealing=parts[1], naming=parts[2])


def key_path() -> Path:
    """Return where the key's file is: in the user's data folder, never in a workspace."""
    return Path(platformdirs.user_data_dir("llmops_magics", appauthor=False)) / "redaction.key"


def read_key() -> VaultKey:
    """Return the key; one is made where there is none. Raises ``GuardError``."""
    given = os.environ.get(VARIABLE, "").strip()
    if given:
        return VaultKey.of(_decoded(given, VARIABLE))
    path = key_path()
    try:
        if not path.exists():
            _make(path)
        _check_owner(path)
        return VaultKey.of(_decoded(path.read_text("ascii").strip(), str(path)))
    except (OSError, UnicodeDecodeError) as error:
        raise GuardError(
            f"the key of masked values cannot be read or made: {error}.", hint=_HOW
        ) from error


def _decoded(text: str, place: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise GuardError(f"the key in {place} is not base64.", hint=_HOW) from error


def _make(path: Path) -> None:
    """Write a new key whole, unless somebody was quicker."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(secrets.token_bytes(BYTES)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        if os.name == "nt":
            _rename_new(draft, path)
        else:
            _link_new(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _link_new(draft: Path, path: Path) -> None:
    try:
        os.link(draft, path)
    except FileExistsError:
        return
    except OSError:  # a file system without links
        _write_new(draft, path)


def _rename_new(draft: Path, path: Path) -> None:
    with suppress(FileExistsError):
        draft.rename(path)  # on Windows it never takes another one's place


def _write_new(draft: Path, path: Path) -> None:
    """Write where nobody else has: who reads before it is whole gets an error, not a key."""
    with suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(draft.read_bytes())


def _check_owner(path: Path) -> None:
    if os.name != "nt" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise GuardError(
            f"others may read the key of masked values: {path}.", hint=f"chmod 600 {path}"
        )
