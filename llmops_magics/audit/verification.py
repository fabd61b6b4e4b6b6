"""Recompute the hash chain, and hold it against heads that were signed or kept elsewhere.

One pass in the order of the chain, a batch in memory, however long it is. What is wrong is said of
the first events that are; a chain that was rewritten whole has thousands.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar, Final

from sqlalchemy import Connection, Text, cast, select

from llmops_magics.audit.event import GENESIS, HASHED, hash_of
from llmops_magics.record import Record, format_time, parse_time, utc_now
from llmops_magics.storage.table import audit_event

MAX_PROBLEMS: Final = 100
# Clocks of machines that share a store differ by so much without anybody's doing.
CLOCK_TOLERANCE: Final = timedelta(minutes=2)
_BATCH: Final = 2_000
_WRONG: Final = object()  # which has no hash


@dataclass(frozen=True, kw_only=True)
class SignedHead:
    """The hash that event ``seq`` had when somebody signed it; ``source`` says where that is."""

    seq: int
    hash: str
    source: str


@dataclass(frozen=True, kw_only=True)
class AuditReport(Record):
    """What verification found; no problems means the chain holds from genesis to ``head``.

    ``warnings`` do not break the chain: clocks that went back, heads that nobody known signed.
    ``heads`` is how many signed heads the chain was held against.
    """

    kind: ClassVar[str] = "audit-report"

    events: int
    head: str
    problems: tuple[str, ...]
    archives: int = 0
    warnings: tuple[str, ...] = ()
    heads: int = 0


@dataclass
class Findings:
    """The first things found; the rest is counted."""

    said: list[str] = field(default_factory=list)
    left: int = 0

    def add(self, problem: str) -> None:
        """Note one more."""
        if len(self.said) < MAX_PROBLEMS:
            self.said.append(problem)
        else:
            self.left += 1

    def all(self) -> tuple[str, ...]:
        """Return what was found, and that there was more."""
        return (*self.said, f"… and {self.left:,} more") if self.left else tuple(self.said)


def verify(
    connection: Connection, *, expected_head: str = "", heads: Iterable[SignedHead] = ()
) -> AuditReport:
    """Recompute the chain. ``expected_head`` and ``heads``, kept elsewhere, also find a cut tail.

    A chain that was rewritten whole holds in itself: only such a head shows it.
    """
    known = sorted(heads, key=lambda each: each.seq)
    expected = _Heads(known, expected_head)
    problems, warnings, clock = Findings(), Findings(), _Clock()
    previous, count = GENESIS, 0
    expected.see(0, GENESIS, problems)
    for seq, *strings, body, own in _rows(connection):
        count += 1
        if seq != count:
            problems.add(f"event {count} is missing (found {seq})")
            count = seq
        time, actor, action, resource, before = strings
        if before != previous:
            problems.add(f"event {seq} does not follow the one before it")
        content = (seq, time, actor, action, resource, _read(body), before)
        if hash_of(dict(zip(HASHED, content, strict=True))) != own:
            problems.add(f"event {seq} was changed: its hash is not its content's")
        clock.see(seq, time, warnings)
        previous = own
        expected.see(seq, own, problems)
    expected.end(count, problems)
    clock.end(count, warnings)
    return AuditReport(
        events=count,
        head=previous,
        problems=problems.all(),
        warnings=warnings.all(),
        heads=len(known),
    )


def _rows(connection: Connection) -> Iterator[Any]:
    c = audit_event.c
    body = cast(c.body, Text)  # as it stands: what is no JSON is found, and stops nobody
    columns = (c.seq, c.time, c.actor, c.action, c.resource, c.previous, body, c.hash)
    query = select(*columns).order_by(c.seq)
    with _any_text(connection):
        yield from connection.execute(query, execution_options={"yield_per": _BATCH})


@contextmanager
def _any_text(connection: Connection) -> Iterator[None]:
    """Let SQLite return text that is no UTF-8, with half characters that nothing hashes to."""
    driver: Any = connection.connection.dbapi_connection
    if connection.dialect.name != "sqlite" or driver is None:
        yield
        return
    before, driver.text_factory = driver.text_factory, _decode
    try:
        yield
    finally:
        driver.text_factory = before


def _decode(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")


def _read(body: str) -> object:
    """Return an event's body; what is not byte for byte as it was written is no body."""
    try:
        read = json.loads(body)
        return read if json.dumps(read) == body else _WRONG
    except (ValueError, TypeError, RecursionError):
        return _WRONG


class _Heads:
    """Heads from elsewhere, each looked for where it has to be."""

    def __init__(self, heads: list[SignedHead], expected: str) -> None:
        self._waiting = heads[::-1]  # the next one last
        self._expected = expected
        self._is_seen = not expected
        self._held = 0  # the last event that a head vouches for

    def see(self, seq: int, own: str, problems: Findings) -> None:
        if own == self._expected:
            self._is_seen = True
        while self._waiting and self._waiting[-1].seq <= seq:
            head = self._waiting.pop()
            if head.seq == seq and head.hash == own:
                self._held = seq
                continue
            problems.add(
                f"event {head.seq} is not the one whose hash was signed ({head.source}): the chain "
                f"was rewritten after event {self._held}"
            )

    def end(self, count: int, problems: Findings) -> None:
        for head in reversed(self._waiting):
            problems.add(
                f"event {head.seq} was signed ({head.source}) and is not in the chain, which ends "
                f"at {count}: its tail was cut"
            )
        if not self._is_seen:
            problems.add(
                f"the expected head {self._expected} is not in the chain: its tail was cut"
            )


class _Clock:
    """Times that go back by more than clocks differ, or that are still to come."""

    def __init__(self) -> None:
        self._latest = ""

    def see(self, seq: int, time: str, warnings: Findings) -> None:
        if time >= self._latest:
            self._latest = time
        elif time < _less(self._latest):
            warnings.add(
                f"event {seq} is dated {time}, before an earlier event's {self._latest}: a clock "
                "went back"
            )

    def end(self, count: int, warnings: Findings) -> None:
        if count and self._latest > format_time(utc_now() + CLOCK_TOLERANCE):
            warnings.add(f"an event is dated {self._latest}, which is still to come")


def _less(time: str) -> str:
    try:
        return format_time(parse_time(time) - CLOCK_TOLERANCE)
    except (ValueError, OverflowError):  # a changed time, which its hash shows
        return ""
