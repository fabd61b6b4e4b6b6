"""Add up the stored spans of model calls, in the database.

Money is added in whole billionths of a dollar, so that a sum of many small costs is exact. What is
no number counts as nothing known. Of hours and days past only the sums are read (``tracing.past``),
but by user or session, which they do not tell. Pricing anew takes the calls one by one, for tiers
depend on the size of each. What stays of pruned traces (``tracing.day``) is added where its whole
day counts, at the cost that was known; whose user or session it was is no longer known.

A call that a budget or a spending cap refused was never sent, and is none here.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Float,
    Select,
    String,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.sql.elements import ColumnElement

from llmops_magics.cost.budget import from_nano
from llmops_magics.cost.price import PriceBook
from llmops_magics.cost.report import By, CostRow
from llmops_magics.cost.report_pruned import add_days, add_kept, add_row, tells
from llmops_magics.cost.tier import tier_of
from llmops_magics.models.chat import Usage
from llmops_magics.storage.store import Store
from llmops_magics.storage.table import span, trace
from llmops_magics.tracing import semconv
from llmops_magics.tracing.day import called, pruned_days
from llmops_magics.tracing.failure import NEVER_SENT
from llmops_magics.tracing.past import LATEST_NS, Past, keep_past, read_past

_DAY_NS = 86_400 * 10**9
_AT_ONCE = 5_000
_BETWEEN = "\n"  # a provider and a model
_KEYS = {
    "model": semconv.REQUEST_MODEL,
    "version": semconv.PROMPT_REF,
    "prompt": semconv.PROMPT_REF,
    "user": semconv.USER_ID,
    "session": semconv.SESSION_ID,
    "purpose": semconv.PURPOSE,
}


def added_up(
    store: Store, by: By, since_ns: int, *, scope: tuple[str, str] | None = None
) -> list[CostRow]:
    """Return one row a key, in no order; ``scope`` is a kind of key and the one value counted."""
    if is_kept := tells(by, scope):
        keep_past(store, since_ns)
    found: dict[str, CostRow] = {}
    with store.read() as connection:
        nothing = Past((), ((since_ns, LATEST_NS),))
        past = read_past(connection, since_ns) if is_kept else nothing
        for start_ns, end_ns in past.rest:
            _add_up(found, connection, _Calls(connection, by, start_ns, end_ns, scope=scope))
        add_kept(found, past, by, scope)
        add_days(found, pruned_days(connection, since_ns), by, scope)
    return list(found.values())


def _add_up(found: dict[str, CostRow], connection: Connection, calls: _Calls) -> None:
    key = calls.table.c.key
    sums = [func.sum(figure) for figure in calls.figures()]
    for named, *figures in connection.execute(select(key, func.count(), *sums).group_by(key)):
        add_row(found, _row(_named(calls.by, named), figures))


def priced_anew(store: Store, by: By, since_ns: int, book: PriceBook) -> list[CostRow]:
    """Return one row a key, with what the calls cost by the prices of ``book`` at their time."""
    found: dict[str, CostRow] = {}
    for call in _each(store, by, since_ns):
        key, started_ns, model, provider, tier, seconds, is_error, *figures = call
        row = _row(_named(by, key), figures)
        if not row.cache_hits:
            cost = _cost(book, row, (model, provider, tier), seconds, started_ns)
            row = _with(row, cost, is_refused=bool(is_error))
        add_row(found, row)
    with store.read() as connection:
        add_days(found, pruned_days(connection, since_ns), by, None)
    return list(found.values())


def first_start(store: Store, since_ns: int) -> str:
    """Return when the first call since a moment began, of pruned ones the day; "" without any."""
    with store.read() as connection:
        query = select(func.min(span.c.started_ns)).where(span.c.started_ns >= since_ns)
        first = connection.execute(query).scalar()
        days = [day.started_ns for day in islice(pruned_days(connection, since_ns), 1)]
    begun = [*days, *([] if first is None else [first])]
    return _moment(min(begun)) if begun else ""


_READ = {
    "given": semconv.INPUT_TOKENS,
    "cached": semconv.CACHED_INPUT_TOKENS,
    "produced": semconv.OUTPUT_TOKENS,
    "cost": semconv.COST_USD,
    "hit": semconv.CACHE_HIT,
    "saved": semconv.SAVED_COST_USD,
    "error": semconv.ERROR_TYPE,
}
_READ_TO_PRICE = {
    "model": semconv.REQUEST_MODEL,
    "provider": semconv.PROVIDER,
    "tier": semconv.SERVICE_TIER,
    "asked_tier": semconv.REQUEST_SERVICE_TIER,
    "billed_s": semconv.BILLED_S,
}


class _Calls:
    """Calls of a stretch of time as a table of few columns, and figures of it; bad ones harm none.

    Each attribute is taken out of its span's JSON once: the subquery is one that SQLite does not
    fold into the query around it, which would parse for every mention (12 us a span, not 5).
    """

    def __init__(
        self,
        connection: Connection,
        by: str,
        start_ns: int,
        end_ns: int = LATEST_NS,
        *,
        scope: tuple[str, str] | None = None,
        to_price: bool = False,
    ) -> None:
        self.by = by
        self._of_postgresql = connection.dialect.name == "postgresql"
        error = _text(semconv.ERROR_TYPE)
        names = _READ | (_READ_TO_PRICE if to_price else {})
        query: Select[Any] = select(
            _key(by).label("key"),
            span.c.started_ns,
            span.c.status,
            *(_text(name).label(column) for column, name in names.items()),
        ).where(
            span.c.started_ns >= start_ns,
            span.c.started_ns < end_ns,
            or_(span.c.status != "error", error.is_(None), error.not_in(sorted(NEVER_SENT))),
            _text(semconv.OPERATION).in_(sorted(semconv.MODEL_OPERATIONS)),
        )
        if by == "notebook" or (scope and scope[0] == "notebook"):
            query = query.select_from(span.outerjoin(trace, trace.c.trace_id == span.c.trace_id))
        if scope is not None:
            query = query.where(_is_within(*scope))
        self.table = query.offset(0).subquery("call")

    @property
    def is_refused(self) -> ColumnElement[bool]:
        """Failed for certain: what was cancelled may have been answered, and billed."""
        error = func.coalesce(self.table.c.error, "")
        return and_(self.table.c.status == "error", error != "CancelledError")

    def figures(self) -> list[ColumnElement[Any]]:
        """Return the figures of one call, in the order of ``_row`` and behind its count."""
        cost = self._nano("cost")
        unpriced = case((or_(cost.is_not(None), self.is_refused), 0), else_=1)
        is_hit = func.coalesce(cast(self.table.c.hit, String), "").in_(["1", "true"])
        return [
            *(self._whole(name) for name in ("given", "cached", "produced")),
            func.coalesce(cost, 0),
            unpriced,
            case((is_hit, 1), else_=0),
            func.coalesce(self._nano("saved"), 0),
        ]

    def number(self, name: str) -> ColumnElement[Any]:
        """Return a column as a number, NULL where it is none."""
        said = self.table.c[name]
        if not self._of_postgresql:  # there a text that is none would be 0
            return case((said.op("GLOB")("[0-9]*"), cast(said, Float)), else_=None)
        looks_like_one = said.op("~")(r"^\d{1,15}(\.\d{1,30})?$")
        return case((looks_like_one, cast(said, Float)), else_=None)

    def _whole(self, name: str) -> ColumnElement[Any]:
        return func.coalesce(cast(self.number(name), BigInteger), 0)

    def _nano(self, name: str) -> ColumnElement[Any]:
        return cast(func.round(self.number(name) * 1e9), BigInteger)


def _text(name: str) -> ColumnElement[Any]:
    found: ColumnElement[Any] = span.c.attributes[name].as_string()
    return found


def _is_within(kind: str, value: str) -> ColumnElement[bool]:
    column = _key(kind)
    if kind != "prompt":
        return column == value
    return or_(column == value, column.startswith(f"{value}@", autoescape=True))


def _key(by: str) -> ColumnElement[Any]:
    if by == "day":
        return span.c.started_ns // _DAY_NS
    if by == "notebook":
        return trace.c.notebook
    if by == "model":
        provider = func.coalesce(_text(semconv.PROVIDER), "")
        return provider + _BETWEEN + func.coalesce(_text(semconv.REQUEST_MODEL), "")
    return _text(_KEYS[by])


def _named(by: str, key: Any) -> str:
    if by == "day":
        return _moment(int(key) * _DAY_NS)[:10]
    text = "" if key is None else str(key)
    if by == "model":
        provider, _, model = text.partition(_BETWEEN)
        return called({semconv.PROVIDER: provider, semconv.REQUEST_MODEL: model})
    return text.partition("@")[0] if by == "prompt" else text


def _row(key: str, figures: list[Any]) -> CostRow:
    calls, given, cached, produced, cost, unpriced, hits, saved = map(int, figures)
    return CostRow(
        key=key,
        calls=calls,
        input_tokens=given,
        cached_input_tokens=cached,
        output_tokens=produced,
        cost_usd=from_nano(cost),
        unpriced_calls=unpriced,
        cache_hits=hits,
        saved_usd=from_nano(saved),
    )


def _each(store: Store, by: By, since_ns: int) -> Iterator[Any]:
    with store.read() as connection:
        calls = _Calls(connection, by, since_ns, to_price=True)
        table = calls.table.c
        query: Select[Any] = select(
            *(table.key, table.started_ns, table.model, table.provider),
            func.coalesce(table.tier, table.asked_tier),
            calls.number("billed_s"),
            calls.is_refused,
            literal(1),
            *calls.figures(),
        )
        # Of this statement alone: on the connection it would make cursors of all that follow.
        for rows in connection.execute(query.execution_options(yield_per=_AT_ONCE)).partitions():
            yield from rows


def _cost(
    book: PriceBook,
    row: CostRow,
    named: tuple[str | None, str | None, str | None],
    seconds: float | None,
    started_ns: int,
) -> Decimal | None:
    model, provider, tier = named
    if not model or not (row.input_tokens or row.output_tokens):
        return None
    name = model if not provider or model.startswith(f"{provider}/") else f"{provider}/{model}"
    usage = Usage(
        input_tokens=row.input_tokens,
        output_tokens=row.output_tokens,
        cached_input_tokens=row.cached_input_tokens,
    )
    at = datetime.fromtimestamp(started_ns / 1e9, UTC)
    price = book.price(name, usage, at=at, tier=tier_of(tier), seconds=seconds)
    return None if price is None else price.cost_usd


def _with(row: CostRow, cost: Decimal | None, *, is_refused: bool) -> CostRow:
    return CostRow(
        key=row.key,
        calls=row.calls,
        input_tokens=row.input_tokens,
        cached_input_tokens=row.cached_input_tokens,
        output_tokens=row.output_tokens,
        cost_usd=Decimal(0) if cost is None else cost,
        unpriced_calls=int(cost is None and not is_refused),
        saved_usd=row.saved_usd,
    )


def _moment(nanoseconds: int) -> str:
    moment = datetime.fromtimestamp(nanoseconds / 1e9, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
