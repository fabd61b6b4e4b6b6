"""Kinds of records that requirements ask for, and how many of each the store holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, func, select

from llmops_magics.audit.search import AuditSearch, tally
from llmops_magics.record import format_time, parse_time
from llmops_magics.storage.table import dataset_version, eval_run, rollout_look, trace
from llmops_magics.tracing.past import LATEST_NS

EXAMPLES = 3
_NS = 10**9


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What there is of one kind of record; ``examples`` are numbers of audit events.

    ``said`` stands for what is no number of records: a setting, or the result of a check.
    """

    source: str
    title: str
    count: int
    first: str = ""
    last: str = ""
    examples: tuple[int, ...] = ()
    said: str = ""

    @property
    def is_there(self) -> bool:
        """Whether there is anything to show."""
        return bool(self.count or self.said)


class Period(NamedTuple):
    """From a moment to before another (RFC 3339, UTC); empty for no bound."""

    since: str = ""
    until: str = ""

    def around(self, query: Any, column: Any) -> Any:
        """Bound a query by a column of texts."""
        query = query.where(column >= self.since) if self.since else query
        return query.where(column < self.until) if self.until else query

    def around_ns(self, query: Any, column: Any) -> Any:
        """Bound a query by a column of Unix nanoseconds."""
        query = query.where(column >= _ns(self.since)) if self.since else query
        return query.where(column < _ns(self.until)) if self.until else query


Found = tuple[int, str, str]


class Source(NamedTuple):
    """One kind: the actions that tell of it, or a query of its own; neither: it is told."""

    title: str
    actions: tuple[str, ...] = ()
    counted: Callable[[Connection, Period], Found] | None = None


def gather(connection: Connection, period: Period, told: Mapping[str, str]) -> dict[str, Evidence]:
    """Return what there is of every kind in a period; ``told`` are those that are no records."""
    return {
        name: _gathered(connection, name, source, period, told.get(name, ""))
        for name, source in SOURCES.items()
    }


def _gathered(
    connection: Connection, name: str, source: Source, period: Period, said: str
) -> Evidence:
    if source.counted is not None:
        count, first, last = source.counted(connection, period)
        return Evidence(source=name, title=source.title, count=count, first=first, last=last)
    if not source.actions:
        return Evidence(source=name, title=source.title, count=0, said=said)
    search = AuditSearch(since=period.since, until=period.until)
    found = tally(connection, source.actions, search, examples=EXAMPLES)
    return Evidence(source=name, title=source.title, **vars(found))


def _calls(connection: Connection, period: Period) -> Found:
    query = select(
        func.coalesce(func.sum(trace.c.call_count), 0),
        func.min(trace.c.started_ns),
        func.max(trace.c.started_ns),
    ).where(trace.c.call_count > 0)
    count, first, last = connection.execute(period.around_ns(query, trace.c.started_ns)).one()
    return int(count), _moment(first), _moment(last)


def _looks(connection: Connection, period: Period) -> Found:
    at = rollout_look.c.at
    query = select(func.count(), func.min(at), func.max(at))
    return _texts(connection.execute(period.around(query, at)).one())


def _attacks(connection: Connection, period: Period) -> Found:
    """Count the runs on suites of attacks, whose datasets have names of their own."""
    suites = select(dataset_version.c.digest).where(dataset_version.c.name.like("redteam/%"))
    at = eval_run.c.started_at
    query = select(func.count(), func.min(at), func.max(at))
    query = query.where(eval_run.c.dataset_digest.in_(suites))
    return _texts(connection.execute(period.around(query, at)).one())


def _texts(row: Iterable[Any]) -> Found:
    count, first, last = row
    return int(count), first or "", last or ""


def _ns(moment: str) -> int:
    return min(round(parse_time(moment).timestamp() * 1e6) * 1000, LATEST_NS)


def _moment(started_ns: int | None) -> str:
    return format_time(datetime.fromtimestamp(started_ns / _NS, UTC)) if started_ns else ""


_MOVES = tuple(
    f"release.{action}"
    for action in ("promote", "step", "pause", "resume", "complete", "freeze", "unfreeze")
)

SOURCES: Final[dict[str, Source]] = {
    "trail": Source("events of the audit trail", ("",)),
    "chain": Source("check of the hash chain"),
    "checkpoints": Source("signed heads of the trail", ("audit.checkpoint",)),
    "retention": Source("how long records are kept"),
    "calls": Source("model calls in traces", counted=_calls),
    "versions": Source("registered prompt versions", ("prompt.register",)),
    "datasets": Source("dataset versions and freezes", ("dataset",)),
    "corpora": Source("corpus and index versions", ("corpus", "index")),
    "evals": Source("eval runs", ("eval",)),
    "calibrations": Source("judges held against people", ("judge.calibrate",)),
    "redteam": Source("runs of attack suites", counted=_attacks),
    "relevance": Source("labels of relevance", ("relevance",)),
    "gates": Source("sealed gate runs", ("gate.run",)),
    "refused-gates": Source("refused gate runs", ("gate.refused",)),
    "reviews": Source("reviews of cases by people", ("review",)),
    "approvals": Source("approvals, asked for, given, refused", ("approval",)),
    "releases": Source("releases and their steps", _MOVES),
    "looks": Source("looks of rollout controllers", counted=_looks),
    "rollbacks": Source("rollbacks and aborts", ("release.rollback", "release.abort")),
    "broken-glass": Source("emergency releases", ("release.break_glass",)),
    "incidents": Source("incidents, opened and closed", ("incident",)),
    "monitors": Source("monitors and their changes of state", ("monitor",)),
    "guard": Source("decisions of the guard", ("guard",)),
    "guard-answers": Source("answers of people to the guard", ("guard.answer.",)),
    "access": Source("refusals of access", ("access",)),
    "keys": Source("signing keys, added and revoked", ("keys",)),
    "vault": Source("uses of masked values", ("redaction",)),
    "erasures": Source("erasures of a person's data", ("audit.erase",)),
    "tombstones": Source("deletions under retention", ("audit.tombstone", "trace.prune")),
}
