"""Find traces: by what their rows say, and by words in their spans.

Words are looked for in the spans themselves, from the newest back, for a few seconds at most; how
far back that came is told. Everything else is answered from the rows of the traces.
"""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, Connection, Select, String, and_, cast, or_, select

from llmops_magics.errors import UsageError
from llmops_magics.record import Record
from llmops_magics.storage.store import Store
from llmops_magics.storage.table import span as span_table
from llmops_magics.storage.table import trace
from llmops_magics.tracing.condition import compare, parse_condition
from llmops_magics.tracing.moment import moment_ns
from llmops_magics.tracing.summary import TraceSummary, summary_from_row

MAX_LIMIT = 10_000
TEXT_SECONDS = 5.0
_PAGE = 5_000
_PLAIN = re.compile(r"[^A-Za-z0-9 .,;:-]+")


@dataclass(frozen=True, kw_only=True)
class TraceSearch:
    """What is asked for; all of it must hold. ``slow`` puts the slowest first.

    ``where`` is a condition (``tracing.condition``), ``since`` and ``until`` are moments (``2h`` or
    a date).
    """

    errors: bool = False
    slow: bool = False
    where: str = ""
    text: str = ""
    prompt: str = ""
    model: str = ""
    notebook: str = ""
    session: str = ""
    user: str = ""
    run: str = ""
    failure: str = ""
    since: str = ""
    until: str = ""
    limit: int = 20

    @property
    def described(self) -> str:
        """What was asked for, in words."""
        words = [name for name in ("errors", "slow") if getattr(self, name)]
        words += [f"{name} {getattr(self, name)}" for name in _NAMED if getattr(self, name)]
        words += [f"“{self.text}”"] if self.text else []
        return ", ".join([*words, self.where] if self.where else words)


_NAMED = ("prompt", "model", "notebook", "session", "user", "run", "failure", "since", "until")


@dataclass(frozen=True, kw_only=True)
class TraceList(Record):
    """Traces that were found, the newest (or the slowest) first.

    ``more`` says that there are others beyond the limit. ``failures`` counts, by class, the traces
    shown here that have one. ``searched_since_ns`` is how far back the words of ``text`` were
    looked for, None when that was all.
    """

    kind: ClassVar[str] = "trace-list"

    asked: str
    traces: tuple[TraceSummary, ...]
    more: bool
    failures: dict[str, int]
    searched_since_ns: int | None = None


def search(store: Store, asked: TraceSearch) -> TraceList:
    """Find traces. Raises ``UsageError`` for what cannot be asked."""
    if not 1 <= asked.limit <= MAX_LIMIT:
        raise UsageError(f"--limit is from 1 to {MAX_LIMIT:,}, not {asked.limit}.")
    conditions = _conditions(asked, store.engine.dialect.name)
    order = (trace.c.latency_ms.desc(),) if asked.slow else (trace.c.started_ns.desc(),)
    query = select(trace).where(*conditions).order_by(*order).limit(asked.limit + 1)
    since: int | None = None
    with store.read() as connection:
        if asked.text:
            found, since = _search_text(connection, asked, conditions)
        else:
            found = list(connection.execute(query).mappings())
    traces = tuple(summary_from_row(row) for row in found[: asked.limit])
    return TraceList(
        asked=asked.described,
        traces=traces,
        more=len(found) > asked.limit,
        failures=dict(Counter(f for t in traces for f in t.failures).most_common()),
        searched_since_ns=since,
    )


def _conditions(asked: TraceSearch, dialect: str) -> list[ColumnElement[bool]]:
    found = [parse_condition(asked.where, dialect)] if asked.where.strip() else []
    if asked.errors:
        found.append(trace.c.status == "error")
    for field in ("prompt", "model", "notebook", "session", "user", "run", "failure"):
        if value := getattr(asked, field):
            found += [compare(field, "=", value, dialect)]
    if asked.since:
        found.append(trace.c.started_ns >= moment_ns(asked.since))
    if asked.until:
        found.append(trace.c.started_ns < moment_ns(asked.until))
    return found


def _search_text(
    connection: Connection, asked: TraceSearch, conditions: Sequence[ColumnElement[bool]]
) -> tuple[list[Any], int | None]:
    """Walk back through the spans; return rows of traces, and where the time was up."""
    found: dict[str, Any] = {}
    end = time.monotonic() + TEXT_SECONDS
    words = asked.text.split()
    reached: int | None = None
    for oldest_ns, ids in _matches(connection, words, asked.since):
        for start in range(0, len(ids), 400):
            rows = select(trace).where(trace.c.trace_id.in_(ids[start : start + 400]), *conditions)
            found |= {row["trace_id"]: row for row in connection.execute(rows).mappings()}
        if len(found) > asked.limit or time.monotonic() > end:
            reached = oldest_ns
            break
    key = "latency_ms" if asked.slow else "started_ns"
    return sorted(found.values(), key=lambda row: row[key], reverse=True), reached


def _matches(
    connection: Connection, words: Sequence[str], since: str
) -> Iterator[tuple[int, list[str]]]:
    """Yield, a page at a time, the start of its oldest span and the traces whose spans match."""
    last: tuple[int, str, str] | None = None
    floor = moment_ns(since) if since else None
    while True:
        page = connection.execute(_page(last, floor)).all()
        if not page:
            return
        ids = {row.trace_id: None for row in page if _has(row, words)}
        last = (page[-1].started_ns, page[-1].trace_id, page[-1].span_id)
        yield last[0], list(ids)
        if len(page) < _PAGE:
            return


def _page(last: tuple[int, str, str] | None, floor: int | None) -> Select[Any]:
    c = span_table.c
    text = cast(c.attributes, String).label("text")
    query = select(c.trace_id, c.span_id, c.started_ns, c.name, text)
    if last is not None:
        at, trace_id, span_id = last
        earlier = and_(c.started_ns == at, c.trace_id == trace_id, c.span_id < span_id)
        same = and_(c.started_ns == at, c.trace_id < trace_id)
        query = query.where(c.started_ns <= at, or_(c.started_ns < at, same, earlier))
    if floor is not None:
        query = query.where(c.started_ns >= floor)
    order = (c.started_ns.desc(), c.trace_id.desc(), c.span_id.desc())
    return query.order_by(*order).limit(_PAGE)


def _has(row: Any, words: Sequence[str]) -> bool:
    """Tell whether a span has every word: quickly in the stored JSON, then in what it says."""
    stored = f"{row.name} {row.text}"
    lowered = stored.lower()
    if not all(p in lowered for word in words for p in _PLAIN.split(word.lower()) if p):
        return False
    spoken = f"{row.name} {_spoken(json.loads(row.text))}".casefold()
    return all(word.casefold() in spoken for word in words)


def _spoken(value: Any) -> str:
    """Return every text in a value; JSON inside a text is read too."""
    if isinstance(value, dict):
        return " ".join(f"{key} {_spoken(each)}" for key, each in value.items())
    if isinstance(value, list):
        return " ".join(_spoken(each) for each in value)
    if isinstance(value, str) and value[:1] in "[{":
        try:
            return _spoken(json.loads(value))
        except (ValueError, RecursionError):
            return value
    return str(value)
