"""The trail as files for somebody else: CSV to read, JSON lines to verify without this package.

The lines hold what each hash covers, byte for byte. Beside them go the signed heads and a script of
the standard library that recomputes the chain. What was sealed stays sealed.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, ClassVar

from sqlalchemy import Connection, select

from llmops_magics.audit.event import HASHED, AuditEvent
from llmops_magics.audit.search import AuditSearch, stream_events
from llmops_magics.errors import AuditError
from llmops_magics.record import Record, canonical_json
from llmops_magics.storage.private import private_opener
from llmops_magics.storage.table import audit_checkpoint

COLUMNS = ("seq", "time", "actor", "action", "resource", "reason", "before", "after")
_REST = ("evidence", "body", "previous", "hash")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_VERIFIER = Path(__file__).with_name("verify_export.py")


@dataclass(frozen=True, kw_only=True)
class AuditExport(Record):
    """What was written where. ``previous`` is the hash that the first event follows.

    ``files`` are all that were written; ``head`` is the hash of the last event in them.
    """

    kind: ClassVar[str] = "audit-export"

    format: str
    path: str
    events: int
    first_seq: int = 0
    last_seq: int = 0
    previous: str = ""
    head: str = ""
    files: tuple[str, ...] = field(default=())


@dataclass
class _Span:
    """The first and the last of the events that pass by."""

    events: int = 0
    first: AuditEvent | None = None
    last: AuditEvent | None = None

    def along(self, events: Iterator[AuditEvent]) -> Iterator[AuditEvent]:
        for event in events:
            self.first = self.first or event
            self.last = event
            self.events += 1
            yield event


def export_trail(
    connection: Connection, format_: str, path: Path, search: AuditSearch
) -> AuditExport:
    """Write the events that are meant as ``csv`` or ``jsonl``, the oldest first.

    Lines that shall be verified have to be whole: ``jsonl`` takes a time and no other filter.
    """
    if format_ == "jsonl" and search.words.keys() - {"since", "until"}:
        raise AuditError(
            "a chain with events left out cannot be verified.", hint="Give a time alone, or csv."
        )
    span = _Span()
    found = span.along(stream_events(connection, search))
    with writing(path) as file:
        _WRITERS[format_](file, found)
    beside = _beside(connection, path) if format_ == "jsonl" else ()
    return AuditExport(
        format=format_,
        path=str(path),
        events=span.events,
        first_seq=span.first.seq if span.first else 0,
        last_seq=span.last.seq if span.last else 0,
        previous=span.first.previous if span.first else "",
        head=span.last.hash if span.last else "",
        files=(str(path), *map(str, beside)),
    )


@contextmanager
def writing(path: Path) -> Iterator[IO[str]]:
    """Give a new private file, which has its name once it is whole."""
    part = path.with_name(f".{path.name}.part")
    try:
        with open(part, "w", opener=private_opener, encoding="utf-8", newline="") as file:
            yield file
        part.replace(path)
    except OSError as error:
        raise AuditError(
            f"{path} cannot be written: {error.strerror}.", hint="Name a file where you may write."
        ) from error
    finally:
        part.unlink(missing_ok=True)


def _write_csv(file: IO[str], events: Iterator[AuditEvent]) -> None:
    writer = csv.writer(file)
    writer.writerow((*COLUMNS, *_REST))
    for event in events:
        body = event.body
        told = [_cell(body.get(name, "")) for name in ("reason", "before", "after", "evidence")]
        rest = {k: v for k, v in body.items() if k not in ("reason", "before", "after", "evidence")}
        known = [_cell(getattr(event, name)) for name in COLUMNS[:5]]
        writer.writerow([*known, *told, _cell(rest or ""), event.previous, event.hash])


def _cell(value: Any) -> str:
    """Return a value as text that no spreadsheet takes for a formula."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _write_lines(file: IO[str], events: Iterator[AuditEvent]) -> None:
    for event in events:
        content = {name: getattr(event, name) for name in (*HASHED, "hash")}
        file.write(canonical_json(content).decode() + "\n")


_WRITERS: dict[str, Callable[[IO[str], Iterator[AuditEvent]], None]] = {
    "csv": _write_csv,
    "jsonl": _write_lines,
}
FORMATS = tuple(_WRITERS)


def _beside(connection: Connection, path: Path) -> tuple[Path, Path]:
    """Write the signed heads, and the script that verifies."""
    heads = path.with_name(f"{path.stem}.heads.jsonl")
    head = audit_checkpoint.c
    query = select(head.seq, head.head, head.key_id, head.at, head.envelope).order_by(head.id)
    with writing(heads) as file:
        for row in connection.execute(query).mappings():
            file.write(json.dumps(dict(row), ensure_ascii=False) + "\n")
    script = path.with_name("verify_export.py")
    shutil.copyfile(_VERIFIER, script)
    script.chmod(0o644)
    return heads, script
