"""The keys of a workspace: whose they are, and signing with one's own: ``workspace.signing``.

Public keys are in a file of the workspace (``llmops.keys.toml``), for git and its reviews; the
private key is its owner's, outside. Each key that is added or revoked is an audit event, written
before the file changes: a key never counts without one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from llmops_magics.audit import trail
from llmops_magics.audit.signing.key import (
    SigningKey,
    has_key,
    key_id_of,
    key_path,
    load_key,
    new_key,
)
from llmops_magics.audit.signing.register import KeyRegister, RegisteredKey
from llmops_magics.config.location import STATE_FOLDER
from llmops_magics.errors import SigningError
from llmops_magics.record import Record, digest_bytes, format_time, in_gate, utc_now

if TYPE_CHECKING:
    from llmops_magics.audit.signing.envelope import Envelope
    from llmops_magics.config.settings import Settings
    from llmops_magics.storage.store import Store


@dataclass(frozen=True, kw_only=True)
class SignedBy:
    """A signature that holds. ``name`` is its owner by the register, "" where it knows none.

    ``claimed`` is the name that the signer gave; only ``name`` is vouched for by anybody else.
    """

    key_id: str
    public_hex: str
    name: str
    claimed: str
    is_known: bool
    statement: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class KeyList(Record):
    """The registered keys, and one's own: ``own`` is its id, "" where there is none.

    ``own_name`` is who asks, ``own_public`` the raw public key, ``own_path`` the private key's
    file, and ``register`` the file of the registered ones.
    """

    kind: ClassVar[str] = "key-list"

    keys: tuple[RegisteredKey, ...]
    register: str
    own: str = ""
    own_name: str = ""
    own_public: str = ""
    own_path: str = ""


class Signing:
    """Signs as who acts, and says whose a signature is."""

    def __init__(
        self,
        root: Path,
        settings: Callable[[], Settings],
        actor: Callable[[], str],
        store: Callable[[], Store],
    ) -> None:
        self._root = root
        self._settings = settings
        self._actor = actor
        self._store = store

    @property
    def register_path(self) -> Path:
        """Where the public keys are."""
        return self._root / self._settings().audit.keys

    @property
    def register(self) -> KeyRegister:
        """The registered keys as the file has them now; ``SigningError`` for a wrong one."""
        return KeyRegister.read(self.register_path)

    def signer(self, *, make: bool = False) -> SigningKey:
        """Return the key of who acts; ``SigningError`` where there is none.

        With ``make`` one is made then, which the register does not know yet.
        """
        name = self._actor()
        if make and not has_key(name):
            return new_key(name, workspace=self._root)
        return load_key(name, workspace=self._root)

    def sign(self, made: Mapping[str, Any], *, make: bool = False) -> Envelope:
        """Sign a statement (``audit.signing.statement``) as who acts."""
        from llmops_magics.audit.signing.envelope import sign_statement

        return sign_statement(self.signer(make=make), made)

    def verify(self, envelope: Envelope, *, predicate_type: str = "") -> SignedBy:
        """Check a signature and say whose it is; ``SigningError`` where it does not hold.

        ``predicate_type`` is the type the statement must have. Whether the key was valid when it
        signed asks ``register.is_valid(key_id, at)``, with a moment that somebody else kept.
        """
        return signed_by(envelope, self.register, predicate_type=predicate_type)

    def keys(self) -> KeyList:
        """Return the registered keys, and one's own."""
        name, path = self._actor(), key_path(self._actor())
        key = load_key(name, workspace=self._root) if path.is_file() else None
        return KeyList(
            keys=self.register.keys,
            register=self._settings().audit.keys,
            own=key.key_id if key else "",
            own_name=name,
            own_public=key.public_hex if key else "",
            own_path=str(path) if key else "",
        )

    def show(self, key_id: str = "") -> RegisteredKey:
        """Return a registered key by the front of its id; left out, one's own, known or not."""
        register = self.register
        if key_id:
            return next(k for k in register.keys if k.key_id == _meant(register, key_id))
        own = self.signer()
        unknown = RegisteredKey(
            name=own.name, key_id=own.key_id, public=own.public_hex, added_at=""
        )
        return register.find(own.key_id) or unknown

    def new(self, name: str = "", *, replace: bool = False) -> RegisteredKey:
        """Make a key of one's own and register it; ``replace`` puts an old one aside first."""
        whose = name.strip() or self._actor()
        _check_name(whose)
        key = new_key(whose, workspace=self._root, replace=replace)
        return self._register(key.public_hex, whose)

    def add(self, source: str | Path = "", name: str = "") -> RegisteredKey:
        """Register a public key (a file, PEM, or 64 hexadecimal digits) as somebody's.

        Left out, one's own. Raises ``SigningError`` for a key that is somebody's already.
        """
        from llmops_magics.audit.signing.public import read_public

        if not str(source).strip():
            whose = name.strip() or self._actor()
            return self._register(load_key(whose, workspace=self._root).public_hex, whose)
        if not name.strip():
            raise SigningError("whose key is this?", hint="Add --name NAME.")
        return self._register(read_public(source), name.strip())

    def revoke(self, key_id: str, reason: str, *, at: str = "") -> RegisteredKey:
        """Let a key sign nothing more, from a moment (RFC 3339, UTC) on; left out, from now on.

        A moment in the past is for a key that somebody else has had since then.
        """
        from llmops_magics.prompts.labelling import keepable

        said = keepable(reason)
        if not said:
            raise SigningError("a key is revoked for a reason.", hint="Add --reason TEXT.")
        with self._changing() as register:
            changed = register.with_revoked(_meant(register, key_id), _moment(at), said)
            gone = next(k for k in changed.keys if k.revoked_at and k not in register.keys)
            body = {
                "before": {"revoked_at": ""},
                "after": {"revoked_at": gone.revoked_at},
                "reason": said,
            }
            self._change(changed, "keys.revoke", gone, body)
        return gone

    def _register(self, public_hex: str, name: str) -> RegisteredKey:
        _check_name(name)
        added = RegisteredKey(
            name=name,
            key_id=key_id_of(public_hex),
            public=public_hex,
            added_at=format_time(utc_now()),
        )
        with self._changing() as register:
            changed = register.with_key(added)
            body = {"before": None, "after": {"owner": name, "public": public_hex}, "reason": ""}
            self._change(changed, "keys.add", added, body)
        return added

    @contextmanager
    def _changing(self) -> Iterator[KeyRegister]:
        """Give the register to one process at a time; to none inside a gate: that is code."""
        from filelock import FileLock

        from llmops_magics.storage.private import private_folder

        if in_gate():
            raise SigningError(
                "no key is added or revoked inside a gate: what runs there is code, and no person.",
                hint="Do it yourself: llmops keys.",
            )
        private_folder(self._root / STATE_FOLDER)
        with FileLock(self._root / STATE_FOLDER / "keys.lock", timeout=30):
            yield self.register

    def _change(
        self, new: KeyRegister, action: str, key: RegisteredKey, body: dict[str, Any]
    ) -> None:
        from llmops_magics.storage.artifact import write_atomically

        content = new.to_toml().encode()
        with self._store().write() as connection:
            trail.append(
                connection,
                actor=self._actor(),
                action=action,
                resource=key.key_id,
                body={"owner": key.name, **body, "evidence": [digest_bytes(content)]},
            )
        path = self.register_path
        write_atomically(path, content)
        path.chmod(0o644)  # public keys, for everybody who verifies


def signed_by(envelope: Envelope, register: KeyRegister, *, predicate_type: str = "") -> SignedBy:
    """Check a signature and say whose it is by a register; ``SigningError``."""
    from llmops_magics.audit.signing.envelope import verify

    found = verify(envelope)
    if predicate_type and found.statement["predicateType"] != predicate_type:
        raise SigningError(
            f"what was signed is a {found.statement['predicateType']}, not a {predicate_type}."
        )
    known = register.find(found.key_id)
    is_known = known is not None and known.public == found.public_hex
    return SignedBy(
        key_id=found.key_id,
        public_hex=found.public_hex,
        name=known.name if known is not None and is_known else "",
        claimed=found.name,
        is_known=is_known,
        statement=found.statement,
    )


def _check_name(name: str) -> None:
    if not name.isprintable() or len(name) > 200:
        raise SigningError(f"{name[:80]!r} is no name of a person.", hint="Use up to 200 letters.")


def _meant(register: KeyRegister, written: str) -> str:
    """Return the one key whose id, or the front of it, was written."""
    found = [k.key_id for k in register.keys if written and k.key_id.startswith(written)]
    if len(found) != 1:
        raise SigningError(
            f"{len(found) or 'no'} registered keys have an id that begins with {written!r}.",
            hint="llmops keys list shows them.",
        )
    return found[0]


def _moment(at: str) -> str:
    """Return a moment as the register has it; now by default."""
    from datetime import UTC, datetime

    if not at:
        return format_time(utc_now())
    try:
        read = datetime.fromisoformat(at)
    except ValueError as error:
        raise SigningError(f"{at[:80]!r} is no time.", hint="Such as 2026-11-24T02:00Z.") from error
    moment = read if read.tzinfo else read.replace(tzinfo=UTC)
    if moment > utc_now():
        raise SigningError(f"{at} is still to come.", hint="A key is revoked from now on.")
    return format_time(moment)
