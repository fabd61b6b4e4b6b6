"""One person's signing key: Ed25519, in a file of the user's own, never in a workspace.

A workspace is copied, shared and committed; what proves who somebody is must not go along. The
file is PEM (PKCS #8), mode 0600 in a folder of mode 0700, and encrypted where
``LLMOPS_KEY_PASSPHRASE`` was set when it was made. ``LLMOPS_SIGNING_KEY`` names another file.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from llmops_magics.errors import SigningError
from llmops_magics.storage.secret_file import make_secret_file, others_may_read

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

VARIABLE: Final = "LLMOPS_SIGNING_KEY"
PASSPHRASE: Final = "LLMOPS_KEY_PASSPHRASE"  # noqa: S105  (the variable's name)
SCHEME: Final = "ed25519"
_ID_DIGITS: Final = 16
_MAX_BYTES: Final = 65_536
_PLAIN_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_@-]{0,39}")
_PUBLIC: Final = re.compile(r"[0-9a-f]{64}")
_MAKE: Final = "Make one: llmops keys new."


@dataclass(frozen=True, kw_only=True)
class SigningKey:
    """A private key; ``name`` is whose it is said to be, ``public_hex`` the raw public key."""

    name: str
    key_id: str
    public_hex: str
    private: Ed25519PrivateKey = field(repr=False, compare=False)

    def sign(self, content: bytes) -> bytes:
        """Return the signature of some bytes (64 bytes)."""
        return self.private.sign(content)


def key_id_of(public_hex: str) -> str:
    """Return the short id of a raw public key (64 hexadecimal digits); ``SigningError``."""
    if not _PUBLIC.fullmatch(public_hex):
        raise SigningError(
            f"{public_hex[:80]!r} is no Ed25519 public key.",
            hint="It has 64 small hexadecimal digits: llmops keys show prints yours.",
        )
    return f"{SCHEME}:{hashlib.sha256(bytes.fromhex(public_hex)).hexdigest()[:_ID_DIGITS]}"


def key_path(name: str) -> Path:
    """Return where somebody's key is: ``LLMOPS_SIGNING_KEY``, else in the user's data folder."""
    import platformdirs

    if given := os.environ.get(VARIABLE, "").strip():
        from llmops_magics.config.home import expanded

        return expanded(given, SigningError).absolute()
    folder = Path(platformdirs.user_data_dir("llmops_magics", appauthor=False)) / "keys"
    return folder / f"{_stem(name)}.pem"


def _stem(name: str) -> str:
    """Return a file's name for any name of a person: two names never share one."""
    if _PLAIN_NAME.fullmatch(name):
        return f"key-{name}"  # the front part keeps it off Windows' reserved names
    return f"name-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:24]}"


def new_key(name: str, *, workspace: Path | None = None, replace: bool = False) -> SigningKey:
    """Make somebody's key and keep it; raises ``SigningError``.

    One that is there stays, unless ``replace``: then it is put aside, under its id.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    if not name.strip():
        raise SigningError("a key is somebody's.", hint="Set LLMOPS_ACTOR, or give a name.")
    path = _outside(key_path(name), workspace)
    try:
        if os.path.lexists(path):
            _put_aside(path, name, replace=replace)
        content = _pem(Ed25519PrivateKey.generate())
        make_secret_file(path, content)
    except OSError as error:
        raise _unusable(path, error) from error
    return load_key(name, workspace=workspace)  # whoever was first at this moment made it


def load_key(name: str, *, workspace: Path | None = None) -> SigningKey:
    """Return somebody's key; ``SigningError`` where there is none, or it cannot be used."""
    path = _outside(key_path(name), workspace)
    try:
        if not path.is_file():
            raise SigningError(f"{name!r} has no key to sign with ({path}).", hint=_MAKE)
        if others_may_read(path):
            raise SigningError(f"others may read the key {path}.", hint=f"chmod 600 {path}")
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES)
    except OSError as error:
        raise _unusable(path, error) from error
    return _opened(name, content, path)


def has_key(name: str) -> bool:
    """Tell whether somebody has a key here."""
    return key_path(name).is_file()


def _outside(path: Path, workspace: Path | None) -> Path:
    if workspace is not None and path.resolve().is_relative_to(workspace.resolve()):
        raise SigningError(
            f"the key {path} is inside the workspace, which is shared and goes into git.",
            hint=f"Keep it elsewhere and set {VARIABLE} to that place.",
        )
    return path


def _put_aside(path: Path, name: str, *, replace: bool) -> None:
    if not replace:
        raise SigningError(
            f"{name!r} has a key already ({path}).",
            hint="llmops keys new --replace puts it aside and makes another.",
        )
    old = load_key(name)
    path.rename(path.with_name(f"{path.stem}.{old.key_id.partition(':')[2]}.old.pem"))


def _pem(private: Ed25519PrivateKey) -> bytes:
    from cryptography.hazmat.primitives import serialization as s

    secret = os.environ.get(PASSPHRASE, "").encode()
    return private.private_bytes(
        s.Encoding.PEM,
        s.PrivateFormat.PKCS8,
        s.BestAvailableEncryption(secret) if secret else s.NoEncryption(),
    )


def _opened(name: str, content: bytes, path: Path) -> SigningKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization as s
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    is_encrypted = b"ENCRYPTED PRIVATE KEY" in content
    secret = os.environ.get(PASSPHRASE, "").encode() if is_encrypted else b""
    if is_encrypted and not secret:
        raise SigningError(f"the key {path} is encrypted.", hint=f"Set {PASSPHRASE}.")
    try:
        private = s.load_pem_private_key(content, secret or None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        hint = f"Check {PASSPHRASE}." if is_encrypted else _MAKE
        raise SigningError(f"the key {path} cannot be opened.", hint=hint) from error
    if not isinstance(private, Ed25519PrivateKey):
        raise SigningError(f"the key {path} is not of the kind Ed25519.", hint=_MAKE)
    public_hex = private.public_key().public_bytes_raw().hex()
    return SigningKey(
        name=name, key_id=key_id_of(public_hex), public_hex=public_hex, private=private
    )


def _unusable(path: Path, error: OSError) -> SigningError:
    return SigningError(
        f"the key {path} cannot be read or made: {error.strerror}.",
        hint=f"Set {VARIABLE} to a place where it can be.",
    )
