"""Redaction that can be undone: placeholders in the text, values sealed in the store.

``[person-1]`` stands for the same value wherever it stands in texts of one scope (a run), so that
a model can still tell two people apart. Values are encrypted (AES-256-GCM, bound to their scope
and placeholder) under a key that is not in the store (``vault_key``). They come back for a
principal whom the access policy permits; each time is an audit event, and so is each refusal.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, delete, insert, select

from llmops_magics.audit import trail
from llmops_magics.errors import AccessDeniedError, GuardError
from llmops_magics.guard.access.principal import Principal
from llmops_magics.guard.finding import INCOMPLETE, Finding, in_order
from llmops_magics.guard.vault.key import VaultKey, read_key
from llmops_magics.record import format_time, utc_now
from llmops_magics.storage.table import redacted_value

if TYPE_CHECKING:
    from llmops_magics.storage.store import Store

_PLACEHOLDER = re.compile(r"\[([a-z][a-z0-9-]{0,58}-[1-9][0-9]{0,8})\]")
_NONCE: Final = 12
_BEFORE: Final = 2000  # characters before a placeholder in which an address may begin
_ADDRESS_SIGNS: Final = ("//", "](", "www.", "mailto:")
_TAG: Final = re.compile("<[A-Za-z/!?]")
_HOST_GOES_ON: Final = re.compile(r"\.[A-Za-z0-9-]{1,63}\.?[A-Za-z]")


@dataclass(frozen=True, kw_only=True)
class Redacted:
    """A text without what was found in it; ``placeholders`` are those in it, by place."""

    text: str
    placeholders: tuple[str, ...]


class Vault:
    """The masked values of one scope, such as a run.

    ``may_restore`` is the access policy's decision. ``actor`` says who masks.
    """

    def __init__(
        self,
        store: Store,
        scope: str,
        *,
        may_restore: Callable[[Principal], bool],
        actor: Callable[[], str],
        key: Callable[[], VaultKey] = read_key,
    ) -> None:
        self._store = store
        self._scope = scope
        self._may_restore = may_restore
        self._actor = actor
        self._key = key

    def redact(self, text: str, findings: Iterable[Finding]) -> Redacted:
        """Replace what was found; findings that overlap are replaced as one."""
        parts = _parts(findings)
        if not parts:
            return Redacted(text=text, placeholders=())
        key = self._key()
        pieces: list[str] = []
        used: list[str] = []
        position = 0
        with self._store.write(lock=f"redaction:{self._scope}") as connection:
            names = {row.fingerprint: row.placeholder for row in self._rows(connection)}
            counts = Counter(name.rpartition("-")[0] for name in names.values())
            for kind, start, end in parts:
                value = text[start:end]
                fingerprint = self._fingerprint(key, kind, value)
                if fingerprint not in names:
                    counts[kind] += 1
                    names[fingerprint] = f"{kind}-{counts[kind]}"
                    self._keep(connection, key, names[fingerprint], fingerprint, value)
                name = names[fingerprint]
                pieces += [text[position:start], f"[{name}]"]
                used.append(f"[{name}]")
                position = end
        return Redacted(text="".join([*pieces, text[position:]]), placeholders=tuple(used))

    def restore(self, text: str, principal: Principal) -> str:
        """Return a text with the values of this scope in the place of their placeholders.

        One inside an address of the web stays: who asks a model for a link with a placeholder in
        it would be sent the value. Raises ``AccessDeniedError`` if the principal may not, and
        ``GuardError`` if the values were sealed under another key.
        """
        self._refuse_unless_permitted(principal)
        wanted = {m[1] for m in _PLACEHOLDER.finditer(text) if not _in_address(text, m.start())}
        with self._store.write() as connection:
            rows = [row for row in self._rows(connection) if row.placeholder in wanted]
            values = {row.placeholder: self._opened(row) for row in rows}
            kinds = Counter(name.rpartition("-")[0] for name in values)
            body = {"kinds": dict(kinds), "by": self._actor()}  # who says whose name it is
            self._audit(connection, principal.name, "redaction.restore", body)

        def original(match: re.Match[str]) -> str:
            inside = _in_address(text, match.start())
            return match[0] if inside else values.get(match[1], match[0])

        return _PLACEHOLDER.sub(original, text)

    def forget(self) -> int:
        """Delete the values of this scope for good, and return how many there were."""
        with self._store.write(lock=f"redaction:{self._scope}") as connection:
            where = redacted_value.c.scope == self._scope
            count = connection.execute(delete(redacted_value).where(where)).rowcount
            self._audit(connection, self._actor(), "redaction.forget", {"values": count})
        return count

    def _rows(self, connection: Connection) -> list[Any]:
        query = select(redacted_value).where(redacted_value.c.scope == self._scope)
        return list(connection.execute(query).all())

    def _fingerprint(self, key: VaultKey, kind: str, value: str) -> str:
        content = f"{self._scope}\0{kind}\0{value}".encode("utf-8", "surrogatepass")
        return hmac.new(key.naming, content, hashlib.sha256).hexdigest()

    def _keep(
        self, connection: Connection, key: VaultKey, name: str, fingerprint: str, value: str
    ) -> None:
        connection.execute(
            insert(redacted_value).values(
                scope=self._scope,
                placeholder=name,
                fingerprint=fingerprint,
                key_id=key.id,
                sealed=_seal(key, value, self._bound(name)),
                actor=self._actor()[:200],
                at=format_time(utc_now()),
            )
        )

    def _opened(self, row: Any) -> str:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        key = self._key()
        if row.key_id != key.id:
            raise GuardError(
                f"[{row.placeholder}] was sealed under another key ({row.key_id}).",
                hint="Set LLMOPS_REDACTION_KEY to the key that it was sealed under.",
            )
        nonce, sealed = row.sealed[:_NONCE], row.sealed[_NONCE:]
        try:
            opened = AESGCM(key.sealing).decrypt(nonce, sealed, self._bound(row.placeholder))
        except InvalidTag as error:
            raise GuardError(
                f"what [{row.placeholder}] stands for was changed in the store.",
                hint="Nothing was restored. Compare the store with its last copy.",
            ) from error
        return opened.decode("utf-8", "surrogatepass")

    def _bound(self, placeholder: str) -> bytes:
        return f"{self._scope}\0{placeholder}".encode()

    def _refuse_unless_permitted(self, principal: Principal) -> None:
        if self._may_restore(principal):
            return
        with self._store.write() as connection:
            self._audit(connection, principal.name, "redaction.refuse", {})
        raise AccessDeniedError(
            f"{principal.name!r} may not have masked values back.",
            hint="Ask somebody who may: %guard can USER restore_redacted.",
        )

    def _audit(self, connection: Connection, actor: str, action: str, body: dict[str, Any]) -> None:
        trail.append(connection, actor=actor, action=action, resource=self._scope, body=body)


def _seal(key: VaultKey, value: str, bound: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(key.sealing).encrypt(nonce, value.encode("utf-8", "surrogatepass"), bound)


def _parts(findings: Iterable[Finding]) -> list[tuple[str, int, int]]:
    """Return the short kind and the place of what is replaced; what overlaps is replaced as one."""
    parts: list[tuple[str, int, int]] = []
    for finding in in_order(findings):
        begin = max(0, finding.start)
        if finding.kind == INCOMPLETE or finding.end <= begin:
            continue
        if parts and begin < parts[-1][2]:
            kind, start, end = parts[-1]
            parts[-1] = (kind, start, max(end, finding.end))
            continue
        kind = re.sub(r"[^a-z0-9-]", "-", finding.kind.rpartition(".")[2].lower())[:58]
        parts.append((kind if kind[:1].isalpha() else f"x{kind}", begin, finding.end))
    return parts


def _in_address(text: str, start: int) -> bool:
    """Tell whether a placeholder stands in a link, a tag, or in a word too long to tell."""
    before = text[max(0, start - _BEFORE) : start]
    tag = before.rfind("<")
    if tag > before.rfind(">") and _TAG.match(before, tag):
        return True  # of a tag's attribute white space is a part
    word = re.split(r"\s", before)[-1].lower()
    if len(word) == _BEFORE or any(sign in word for sign in _ADDRESS_SIGNS):
        return True
    return _HOST_GOES_ON.match(text, text.find("]", start) + 1) is not None
