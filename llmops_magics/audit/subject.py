"""People of whom the trail speaks under a name of no meaning, each with a key of their own.

A subject's key is made at random and kept in the store, wrapped under a master key that is not
(``LLMOPS_AUDIT_KEY``, else a file of the user's own). What is sealed under a subject's key can be
read until that key is gone. Who it is stands in the row sealed too; it is found again by a keyed
digest of the name.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, insert, select

from llmops_magics.errors import AuditError
from llmops_magics.record import format_time, utc_now
from llmops_magics.storage.secret_key import BYTES, KeyPlace, SecretKey
from llmops_magics.storage.table import audit_subject

MASTER: Final = KeyPlace(
    variable="LLMOPS_AUDIT_KEY", file="audit.key", what="the key of sealed names", error=AuditError
)
_NONCE: Final = 12


@dataclass(frozen=True, kw_only=True)
class Subject:
    """Somebody: ``id`` is what the trail calls them, ``key`` what their values are sealed under."""

    id: str
    name: str
    key: bytes = field(repr=False)


def subject_of(connection: Connection, name: str) -> Subject:
    """Return a person's subject, made now where there is none, in a write transaction.

    Who calls must be the only writer: ``trail.lock``.
    """
    master = MASTER.read()
    lookup = lookup_of(master, name)
    query = select(audit_subject).where(audit_subject.c.lookup == lookup)
    row = connection.execute(query).first()
    if row is not None and row.key is not None:
        return Subject(id=row.subject, name=name, key=_unwrapped(master, row))
    made = Subject(id=f"person-{secrets.token_hex(6)}", name=name, key=secrets.token_bytes(BYTES))
    values = {
        "subject": made.id,
        "lookup": lookup,
        "key": encrypt(master.sealing, made.key, made.id),
        "name": encrypt(made.key, name.encode("utf-8", "surrogatepass"), made.id),
        "made_at": format_time(utc_now()),
        "erased_at": "",
    }
    connection.execute(insert(audit_subject).values(values))
    return made


def opened(row: Any) -> Subject | None:
    """Return the subject of a row, None once it was erased; ``AuditError`` without the key."""
    if row.key is None:
        return None
    key = _unwrapped(MASTER.read(make=False), row)
    name = decrypt(key, row.name, row.subject).decode("utf-8", "surrogatepass")
    return Subject(id=row.subject, name=name, key=key)


def lookup_of(master: SecretKey, name: str) -> str:
    """Return what a person's row is found by: nothing to those without the master key."""
    content = name.encode("utf-8", "surrogatepass")
    return hmac.digest(master.naming, content, hashlib.sha256).hex()


def encrypt(key: bytes, value: bytes, bound: str) -> str:
    """Seal a value (AES-256-GCM, bound to a name) as small letters and digits."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(_NONCE)
    sealed = nonce + AESGCM(key).encrypt(nonce, value, bound.encode())
    # One unbroken word: no rule that masks cards or telephone numbers finds one in it.
    return base64.b32encode(sealed).decode().rstrip("=").lower()


def decrypt(key: bytes, sealed: str, bound: str) -> bytes:
    """Return what was sealed; ``AuditError`` where it was changed, or is under another key."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        content = base64.b32decode(sealed.upper() + "=" * (-len(sealed) % 8))
        return AESGCM(key).decrypt(content[:_NONCE], content[_NONCE:], bound.encode())
    except (InvalidTag, ValueError) as error:
        raise AuditError(
            "a sealed value was changed, or sealed under another key.",
            hint=f"Set {MASTER.variable} to the key that it was sealed under.",
        ) from error


def _unwrapped(master: SecretKey, row: Any) -> bytes:
    return decrypt(master.sealing, row.key, row.subject)
