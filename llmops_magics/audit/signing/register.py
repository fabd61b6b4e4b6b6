"""Whose keys there are: ``llmops.keys.toml``, which goes into git with the workspace.

A key is one person's; a person may have several. A key that is revoked keeps what it signed
before that moment, and nothing later. The file holds public keys only.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Final

from llmops_magics.audit.signing.key import key_id_of
from llmops_magics.audit.signing.public import check_public
from llmops_magics.errors import SigningError
from llmops_magics.record import Record

_MAX_BYTES: Final = 4 * 1024 * 1024
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")  # they sort as text
_NEEDED: Final = ("name", "key_id", "public", "added_at")
_OPTIONAL: Final = ("revoked_at", "reason")


@dataclass(frozen=True, kw_only=True)
class RegisteredKey(Record):
    """A public key and whose it is; times are RFC 3339 in UTC, ``revoked_at`` "" while valid."""

    kind: ClassVar[str] = "registered-key"

    name: str
    key_id: str
    public: str
    added_at: str
    revoked_at: str = ""
    reason: str = ""


@dataclass(frozen=True)
class KeyRegister:
    """The keys of a workspace, in the file's order."""

    keys: tuple[RegisteredKey, ...] = ()

    @classmethod
    def read(cls, path: Path) -> KeyRegister:
        """Read the file; none is an empty register. Raises ``SigningError`` for a wrong one."""
        try:
            with path.open("rb") as file:
                content = file.read(_MAX_BYTES + 1)
        except FileNotFoundError:
            return cls()
        except OSError as error:
            raise SigningError(f"{path} cannot be read: {error.strerror}.") from error
        try:
            return checked(tuple(_entry(each) for each in _entries(content)))
        except (ValueError, SigningError) as error:
            raise SigningError(
                f"{path} is no register of keys: {str(error).rstrip('.')}.",
                hint="Take the last one from git, or mend it by hand.",
            ) from error

    def find(self, key_id: str) -> RegisteredKey | None:
        """Return a key by its id."""
        return next((each for each in self.keys if each.key_id == key_id), None)

    def owner(self, key_id: str) -> str:
        """Return whose a key is, "" where it is nobody's here."""
        found = self.find(key_id)
        return found.name if found else ""

    def is_valid(self, key_id: str, at: str) -> bool:
        """Tell whether what a key signed at a moment (RFC 3339, UTC) counts.

        Of a key that was revoked, only what was signed before; the moment should be one that
        somebody else kept (the trail's), for a signer can write any time into a statement.
        """
        found = self.find(key_id)
        return found is not None and (not found.revoked_at or at < found.revoked_at)

    def of(self, name: str) -> tuple[RegisteredKey, ...]:
        """Return the keys of one person."""
        return tuple(each for each in self.keys if each.name == name)

    def with_key(self, key: RegisteredKey) -> KeyRegister:
        """Return the register with one more; ``SigningError`` if somebody has that key."""
        return checked((*self.keys, key))

    def with_revoked(self, key_id: str, at: str, reason: str) -> KeyRegister:
        """Return the register with a key revoked from a moment on; ``SigningError``."""
        found = self.find(key_id)
        if found is None:
            raise SigningError(
                f"no key {key_id!r} is registered.", hint="llmops keys list shows them."
            )
        if found.revoked_at:
            raise SigningError(f"{key_id} was revoked already, at {found.revoked_at}.")
        gone = replace(found, revoked_at=at, reason=reason)
        return KeyRegister(tuple(gone if each is found else each for each in self.keys))

    def to_toml(self) -> str:
        """Return the file's content."""
        import tomlkit

        document = tomlkit.document()
        document.add(tomlkit.comment("Whose signing keys these are: see `llmops keys`."))
        tables = tomlkit.aot()
        for each in self.keys:
            table = tomlkit.table()
            for name in (*_NEEDED, *_OPTIONAL):
                table.add(name, getattr(each, name))
            tables.append(table)
        document.add("key", tables)
        return tomlkit.dumps(document)


def checked(keys: tuple[RegisteredKey, ...]) -> KeyRegister:
    """Return a register of keys; ``SigningError`` where one is there twice, or is not its id's."""
    seen: dict[str, str] = {}
    for each in keys:
        check_public(each.public)
        if key_id_of(each.public) != each.key_id:
            raise SigningError(f"{each.key_id!r} is not the id of the public key of {each.name!r}.")
        if each.key_id in seen:
            raise SigningError(
                f"{each.key_id} is registered already, for {seen[each.key_id]!r}.",
                hint="A key is one person's: make another with llmops keys new.",
            )
        seen[each.key_id] = each.name
    return KeyRegister(keys)


def _entries(content: bytes) -> list[Any]:
    if len(content) > _MAX_BYTES:
        raise SigningError("it is too large")
    written = tomllib.loads(content.decode("utf-8"))
    entries = written.pop("key", [])
    if written or not isinstance(entries, list):
        raise SigningError("it holds something else than [[key]] tables")
    return entries


def _entry(written: Any) -> RegisteredKey:
    if not isinstance(written, dict):
        raise SigningError("a [[key]] is no table")
    unknown = set(written) - {*_NEEDED, *_OPTIONAL}
    missing = [name for name in _NEEDED if not written.get(name)]
    if unknown or missing:
        raise SigningError(f"a [[key]] lacks {missing} or has {sorted(unknown)}")
    if not all(isinstance(value, str) for value in written.values()):
        raise SigningError("a [[key]] has a value that is no text")
    times = [written["added_at"], *filter(None, [written.get("revoked_at", "")])]
    if not all(_TIME.fullmatch(each) for each in times):
        raise SigningError(f"{times} are no times such as 2026-11-24T02:19:20.000000Z")
    return RegisteredKey(**written)
