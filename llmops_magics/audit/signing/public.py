"""Public keys as people hand them on: 64 hexadecimal digits, or PEM, in a file or as they are."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from llmops_magics.audit.signing.key import key_id_of
from llmops_magics.errors import SigningError

_MAX_BYTES: Final = 65_536
# Points of small order, by RFC 7748 and 8032: under them one signature fits many messages.
_WEAK: Final = frozenset(
    {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "0100000000000000000000000000000000000000000000000000000000000080",
    }
)


def read_public(source: str | Path) -> str:
    """Return the raw public key (hexadecimal) in a file, or written out; ``SigningError``."""
    text = str(source).strip()
    if len(text) != 64 or Path(text).is_file():
        text = _content(Path(text))
    found = _of_pem(text) if "-----BEGIN" in text else text.lower()
    check_public(found)
    return found


def check_public(public_hex: str) -> None:
    """Raise ``SigningError`` for what is no Ed25519 public key, or a weak one."""
    key_id_of(public_hex)
    if public_hex in _WEAK:
        raise SigningError("this public key is a weak one: anybody could sign for it.")


def _content(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_MAX_BYTES).decode("ascii").strip()
    except OSError as error:
        raise SigningError(
            f"{path} cannot be read: {error.strerror}.",
            hint="A public key is 64 hexadecimal digits, or a PEM file: `llmops keys show` has it.",
        ) from error
    except UnicodeDecodeError as error:
        raise SigningError(f"{path} holds no public key.") from error


def _of_pem(text: str) -> str:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    if "PRIVATE KEY" in text:
        raise SigningError(
            "this is a private key: it stays with its owner.",
            hint="Its owner's `llmops keys show` prints the public one.",
        )
    try:
        key = load_pem_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise SigningError("this PEM holds no public key.") from error
    if not isinstance(key, Ed25519PublicKey):
        raise SigningError("this public key is not of the kind Ed25519.")
    return key.public_bytes_raw().hex()
