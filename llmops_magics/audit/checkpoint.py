"""Signed heads of the trail: what shows that a chain was rewritten whole, or that its tail is cut.

A checkpoint is an in-toto statement (log-head) over the hash of the last event, signed. It is a
row of the store and a file ``NNNNNNNN.dsse.json`` in a folder that goes into git: only where
somebody else has a copy does it hold against the store's owner (``publication``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from sqlalchemy import Connection, insert, select

from llmops_magics.audit import trail
from llmops_magics.audit.signing.envelope import Envelope
from llmops_magics.audit.signing.statement import LOG_HEAD, statement
from llmops_magics.errors import AuditError
from llmops_magics.record import Record, format_time, utc_now
from llmops_magics.storage.table import audit_checkpoint, audit_event

if TYPE_CHECKING:
    from llmops_magics.storage.store import Store

SUBJECT: Final = "audit-trail"
SUFFIX: Final = ".dsse.json"
ACTION: Final = "audit.checkpoint"


@dataclass(frozen=True, kw_only=True)
class Checkpoint(Record):
    """A signed head: event ``seq`` has the hash ``head``, said who has the key ``key_id``.

    ``chain`` is the hash of the first event, which names the chain; ``file`` is the envelope's,
    ``published`` where else it went (a git commit, a timestamp).
    """

    kind: ClassVar[str] = "audit-checkpoint"

    seq: int
    head: str
    chain: str
    key_id: str
    actor: str
    at: str
    file: str = ""
    published: tuple[str, ...] = ()


def make_checkpoint(
    store: Store, sign: Callable[[Mapping[str, Any]], Envelope], folder: Path, *, actor: str
) -> Checkpoint:
    """Sign the head of the trail, keep it, and write its file; ``AuditError`` for an empty trail.

    That it was signed is the next event (``audit.checkpoint``). A file that a crash left unwritten
    is written with the next checkpoint.
    """
    with store.write() as connection:
        trail.lock(connection)
        made, envelope = _signed(connection, sign, actor)
        event = trail.append(
            connection,
            actor=actor,
            action=ACTION,
            resource=SUBJECT,
            body={"seq": made.seq, "head": made.head, "key_id": made.key_id},
            evidence=[envelope.digest],
        )
        values = {
            "seq": made.seq,
            "head": made.head,
            "key_id": made.key_id,
            "actor": event.actor,  # as the trail has it, which may name nobody
            "at": made.at,
            "envelope": envelope.to_json(),
        }
        connection.execute(insert(audit_checkpoint).values(values))
    with store.read() as connection:
        write_missing(connection, folder)
    return made


def _signed(
    connection: Connection, sign: Callable[[Mapping[str, Any]], Envelope], actor: str
) -> tuple[Checkpoint, Envelope]:
    seq, head = trail.head(connection)
    if not seq:
        raise AuditError("the trail is empty: there is no head to sign.")
    first = select(audit_event.c.hash).order_by(audit_event.c.seq).limit(1)
    chain = str(connection.execute(first).scalar_one())
    at = format_time(utc_now())
    said = {"seq": seq, "time": at, "chain": chain}
    envelope = sign(statement(LOG_HEAD, {SUBJECT: head}, said))
    made = Checkpoint(
        seq=seq,
        head=head,
        chain=chain,
        key_id=envelope.key_id,
        actor=actor,
        at=at,
        file=file_name(seq, envelope),
    )
    return made, envelope


def file_name(seq: int, envelope: Envelope) -> str:
    """Return the name of a checkpoint's file; two of one event differ in time or key."""
    return f"{seq:08d}-{envelope.digest.partition(':')[2][:8]}{SUFFIX}"


def write_missing(connection: Connection, folder: Path) -> list[Path]:
    """Write the files of checkpoints that are in the store only; raises ``OSError``."""
    from llmops_magics.storage.artifact import write_atomically

    written: list[Path] = []
    folder.mkdir(parents=True, exist_ok=True)
    query = select(audit_checkpoint.c.seq, audit_checkpoint.c.envelope)
    for row in connection.execute(query):
        path = folder / file_name(row.seq, Envelope.from_json(row.envelope))
        if not path.exists():
            write_atomically(path, row.envelope.encode())
            path.chmod(0o644)  # for everybody who verifies
            written.append(path)
    return written
