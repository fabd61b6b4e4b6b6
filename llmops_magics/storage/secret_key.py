"""Keys that values in the store are sealed under, kept apart from the store that has them.

A variable of 32 bytes in base64 where it is set; otherwise a file in the user's own data folder,
which is made with the first value that is sealed and which its owner alone may read. Whoever has
a copy of the store, and not the key, has nothing.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from llmops_magics.errors import LlmopsError
from llmops_magics.storage.secret_file import make_secret_file, others_may_read

BYTES: Final = 32


@dataclass(frozen=True, kw_only=True)
class SecretKey:
    """A key, in two parts: one seals values, the other recognises a value that was sealed."""

    id: str
    sealing: bytes = field(repr=False)
    naming: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class KeyPlace:
    """Where a key is: ``variable``, else ``file`` in the user's data folder.

    ``what`` names it in messages, and ``error`` is what is raised.
    """

    variable: str
    file: str
    what: str
    error: type[LlmopsError]

    def path(self) -> Path:
        """Return where the key's file is: never in a workspace."""
        import platformdirs

        return Path(platformdirs.user_data_dir("llmops_magics", appauthor=False)) / self.file

    def read(self, path: Path | None = None, *, make: bool = True) -> SecretKey:
        """Return the key, from another file if one is given; ``make`` one where there is none.

        Raises ``error``.
        """
        given = os.environ.get(self.variable, "").strip()
        if given:
            return self.of(self._decoded(given, self.variable))
        path = path or self.path()
        try:
            if make and not path.exists():
                make_secret_file(path, base64.b64encode(secrets.token_bytes(BYTES)) + b"\n")
            if others_may_read(path):
                raise self.error(f"others may read {self.what}: {path}.", hint=f"chmod 600 {path}")
            return self.of(self._decoded(path.read_text("ascii").strip(), str(path)))
        except (OSError, UnicodeDecodeError) as error:
            raise self.error(
                f"{self.what} cannot be read or made: {error}.", hint=self._how
            ) from error

    def of(self, secret: bytes) -> SecretKey:
        """Return the key of a secret of 32 bytes; raises ``error`` if it has another length."""
        if len(secret) != BYTES:
            raise self.error(f"{self.what} has {len(secret)} bytes, not {BYTES}.", hint=self._how)
        parts = [hmac.digest(secret, use, hashlib.sha256) for use in (b"id", b"seal", b"name")]
        return SecretKey(id=parts[0].hex()[:16], sealing=parts[1], naming=parts[2])

    @property
    def _how(self) -> str:
        return (
            f"Set {self.variable} to 32 bytes in base64: "
            'python -c "import base64, os; print(base64.b64encode(os.urandom(32)).decode())".'
        )

    def _decoded(self, text: str, place: str) -> bytes:
        try:
            return base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError) as error:
            raise self.error(f"the key in {place} is not base64.", hint=self._how) from error
