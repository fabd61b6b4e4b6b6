"""Read the signed heads that a trail has to hold against, and say which of them count.

One by a key that nobody registered does not: whoever rewrites a chain can sign it too, with a key
of their own. Nor does one that was signed after its key was revoked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, select

from llmops_magics.audit.checkpoint import ACTION, SUBJECT, SUFFIX
from llmops_magics.audit.event import AuditEvent
from llmops_magics.audit.signing.envelope import MAX_BYTES, Envelope, verify
from llmops_magics.audit.signing.register import KeyRegister
from llmops_magics.audit.signing.statement import LOG_HEAD, subjects_of
from llmops_magics.audit.verification import SignedHead
from llmops_magics.errors import SigningError
from llmops_magics.storage.table import audit_checkpoint, audit_event

_MAX_FILES: Final = 100_000


@dataclass(frozen=True, kw_only=True)
class SignedHeads:
    """Heads that count, and others: ``doubted`` do not, for reasons that ``warnings`` say."""

    heads: tuple[SignedHead, ...] = ()
    doubted: tuple[SignedHead, ...] = ()
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def heads_in(folder: Path, register: KeyRegister) -> SignedHeads:
    """Read the heads in a folder, by name; a file that is none, or was changed, is a problem."""
    paths = sorted(folder.glob(f"*{SUFFIX}"))[:_MAX_FILES] if folder.is_dir() else []
    return _gathered(((path.name, _reader(path)) for path in paths), register)


def heads_of(connection: Connection, register: KeyRegister) -> SignedHeads:
    """Read the heads in the store: they hold against what was changed by hand, no more."""
    query = select(audit_checkpoint.c.id, audit_checkpoint.c.envelope)
    rows = connection.execute(query.order_by(audit_checkpoint.c.id)).all()
    found = ((f"row {row.id} of audit_checkpoint", row.envelope.encode) for row in rows)
    return _gathered(found, register)


def taken_away(connection: Connection, found: SignedHeads) -> tuple[str, ...]:
    """Return what the trail says was signed, and is not among the heads that were found."""
    known = {(head.seq, head.hash) for head in (*found.heads, *found.doubted)}
    query = select(audit_event).where(audit_event.c.action == ACTION).order_by(audit_event.c.seq)
    events = (AuditEvent(**row) for row in connection.execute(query).mappings())
    return tuple(
        f"the signed head of event {event.body.get('seq')} (event {event.seq}) is gone"
        for event in events
        if (event.body.get("seq"), event.body.get("head")) not in known
    )


def _reader(path: Path) -> Callable[[], bytes]:
    def read() -> bytes:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)

    return read


def _gathered(
    found: Iterable[tuple[str, Callable[[], bytes]]], register: KeyRegister
) -> SignedHeads:
    heads: list[SignedHead] = []
    doubted: list[SignedHead] = []
    problems: list[str] = []
    warnings: list[str] = []
    for source, read in found:
        try:
            head, doubt = _head(source, Envelope.from_json(read()), register)
        except OSError as error:
            problems.append(f"{source} cannot be read: {error.strerror}")
        except SigningError as error:
            problems.append(f"{source}: {error.message.rstrip('.')}")
        else:
            (doubted if doubt else heads).append(head)
            warnings += [f"{source} does not count: {doubt}"] if doubt else []
    return SignedHeads(
        heads=tuple(heads),
        doubted=tuple(doubted),
        problems=tuple(problems),
        warnings=tuple(warnings),
    )


def _head(source: str, envelope: Envelope, register: KeyRegister) -> tuple[SignedHead, str]:
    """Return a head, and why it does not count, "" if it does."""
    found = verify(envelope)
    said: dict[str, Any] = found.statement["predicate"]
    subjects = subjects_of(found.statement)
    seq, time = said.get("seq"), said.get("time")
    is_head = found.statement["predicateType"] == LOG_HEAD and set(subjects) == {SUBJECT}
    if not is_head or type(seq) is not int or seq < 1 or not isinstance(time, str):
        raise SigningError("what was signed is no head of a trail.")
    head = SignedHead(seq=seq, hash=subjects[SUBJECT], source=source)
    key = register.find(found.key_id)
    if key is None or key.public != found.public_hex:
        return head, f"nobody registered the key {found.key_id} (it says it is {found.name!r}'s)"
    if not register.is_valid(found.key_id, time):
        return head, f"{found.key_id} ({key.name}) was revoked at {key.revoked_at}"
    return head, ""
