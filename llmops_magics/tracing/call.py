"""The model calls of a stretch of time, streamed from the stored spans.

The database takes the few attributes that are counted out of each span's JSON, so that messages
never reach this process; rows come by the thousand, so that memory does not grow with their number.
A span whose attributes are not what they should be counts with what is readable of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from math import inf
from typing import Any, NamedTuple

from sqlalchemy import Connection, Integer, Select, Text, column, func, literal, select, true
from sqlalchemy.sql.elements import ColumnElement

from llmops_magics.storage.table import span, trace
from llmops_magics.tracing import semconv
from llmops_magics.tracing.failure import NEVER_SENT, failure_of

AT_ONCE = 2_000
_load = json.loads
_REFUSAL = '"refusal"'
# What few values are of: looked at once for each combination.
_KINDS = (
    semconv.OPERATION,
    semconv.REQUEST_MODEL,
    semconv.PROVIDER,
    semconv.PROMPT_REF,
    semconv.PURPOSE,
    semconv.ERROR_TYPE,
    semconv.ERROR_MESSAGE,
    semconv.FINISH_REASONS,
)
_NUMBERS = (
    semconv.INPUT_TOKENS,
    semconv.OUTPUT_TOKENS,
    semconv.CACHED_INPUT_TOKENS,
    semconv.COST_USD,
    semconv.SAVED_COST_USD,
    semconv.CACHE_HIT,
    semconv.RETRIES,
    semconv.FIRST_CHUNK_S,
)


class Kind(NamedTuple):
    """What sort of call it is; a budget or a spending cap refused one that ``was_refused``."""

    model: str
    prompt_ref: str
    purpose: str
    failure: str | None
    was_cancelled: bool
    was_refused: bool


class Call(NamedTuple):
    """One model call as it is counted; None where the span does not say."""

    trace_id: str
    started_ns: int
    duration_ms: float
    is_error: bool
    kind: Kind
    input_tokens: int | None
    output_tokens: int | None
    cached_input_tokens: int | None
    cost_usd: Decimal | None
    saved_usd: Decimal | None
    is_cached: bool
    retries: int
    first_token_ms: float | None
    notebook: str


def read_calls(
    connection: Connection, start_ns: int, end_ns: int, *, with_notebook: bool = False
) -> Iterator[list[Call]]:
    """Yield the calls that began from a moment to before another, in batches, in no order.

    ``notebook`` is that of a call's trace, and empty where it is not asked for.
    """
    of_postgresql = connection.dialect.name == "postgresql"
    query = _postgresql(with_notebook) if of_postgresql else _sqlite(with_notebook)
    query = query.where(span.c.started_ns >= start_ns, span.c.started_ns < end_ns)
    result = connection.execute(query.execution_options(yield_per=AT_ONCE))
    for rows in result.partitions(AT_ONCE):
        yield [_of_postgresql(row) if of_postgresql else _of_sqlite(row) for row in rows]


_SPAN = (span.c.trace_id, span.c.started_ns, span.c.duration_ms, span.c.status)


def _notebook(wanted: bool) -> tuple[ColumnElement[str], Any]:
    """Return the column, and the table that it is read from."""
    if not wanted:
        return literal(""), span
    joined = span.outerjoin(trace, trace.c.trace_id == span.c.trace_id)
    return func.coalesce(trace.c.notebook, ""), joined


def _sqlite(with_notebook: bool) -> Select[Any]:
    """Parse each span's JSON once: several paths give one array."""
    attributes = span.c.attributes
    answer = func.json_extract(attributes, _path(semconv.OUTPUT_MESSAGES), type_=Text)
    operation = func.json_extract(attributes, _path(semconv.OPERATION), type_=Text)
    notebook, table = _notebook(with_notebook)
    query = select(
        *_SPAN,
        notebook,
        func.instr(answer, _REFUSAL, type_=Integer),
        func.json_extract(attributes, *map(_path, _KINDS), type_=Text),
        func.json_extract(attributes, *map(_path, _NUMBERS), type_=Text),
    )
    return query.select_from(table).where(operation.in_(sorted(semconv.MODEL_OPERATIONS)))


def _path(name: str) -> str:
    return f'$."{name}"'


def _of_sqlite(row: Any) -> Call:
    *stored, kinds, numbers = row
    return _call(stored, kinds, _load(numbers))


def _postgresql(with_notebook: bool) -> Select[Any]:
    """Parse each span's JSON once, as a row of texts."""
    names = (*_KINDS, *_NUMBERS, semconv.OUTPUT_MESSAGES)
    read = (
        func.json_to_record(span.c.attributes)
        .table_valued(*(column(name, Text) for name in names))
        .render_derived(name="read", with_types=True)
        .lateral("read")
    )
    refusal = func.strpos(read.c[semconv.OUTPUT_MESSAGES], _REFUSAL, type_=Integer)
    notebook, table = _notebook(with_notebook)
    return (
        select(*_SPAN, notebook, refusal, *(read.c[name] for name in (*_KINDS, *_NUMBERS)))
        .select_from(table.join(read, true()))
        .where(read.c[semconv.OPERATION].in_(sorted(semconv.MODEL_OPERATIONS)))
    )


def _of_postgresql(row: Any) -> Call:
    kinds = len(_SPAN) + 2
    numbers = kinds + len(_KINDS)
    return _call(row[:kinds], tuple(row[kinds:numbers]), row[numbers:])


def _call(
    stored: Sequence[Any], kinds: str | tuple[str | None, ...], numbers: Sequence[Any]
) -> Call:
    trace_id, started_ns, duration_ms, status, notebook, refusal = stored
    given, produced, cached, cost, saved, hit, retries, first_s = numbers
    return Call(
        trace_id,
        started_ns,
        duration_ms if 0 <= duration_ms < inf else 0.0,
        status == "error",
        _kind(status, bool(refusal), kinds),
        given if type(given) is int else _count(given),
        produced if type(produced) is int else _count(produced),
        cached if type(cached) is int else _count(cached),
        None if cost is None else _money(str(cost)),
        None if saved is None else _money(str(saved)),
        hit in (True, 1, "true"),
        0 if retries is None else _count(retries) or 0,
        None if first_s is None else _milliseconds(first_s),
        notebook,
    )


@lru_cache(maxsize=4096)
def _kind(status: str, is_refusal: bool, kinds: str | tuple[str | None, ...]) -> Kind:
    values = json.loads(kinds) if isinstance(kinds, str) else kinds
    operation, model, provider, prompt_ref, purpose, error_type, message, reasons = values
    attributes = {
        semconv.OPERATION: operation,
        semconv.ERROR_TYPE: error_type,
        semconv.ERROR_MESSAGE: message,
        semconv.FINISH_REASONS: _strings(reasons),
        semconv.OUTPUT_MESSAGES: _REFUSAL if is_refusal else "",
    }
    return Kind(
        model=_model(_text(model), _text(provider)),
        prompt_ref=_text(prompt_ref),
        purpose=_text(purpose),
        failure=failure_of(status, attributes),
        was_cancelled=status == "error" and error_type == "CancelledError",
        was_refused=status == "error" and error_type in NEVER_SENT,
    )


def _model(model: str, provider: str) -> str:
    """Name a model as we do, ``<endpoint>/<model>``, whoever recorded it."""
    named = not provider or not model or model.startswith(f"{provider}/")
    return model if named else f"{provider}/{model}"


def _strings(reasons: Any) -> list[str]:
    """Return a list that PostgreSQL gave as text, and SQLite as a list."""
    try:
        value = json.loads(reasons) if isinstance(reasons, str) else reasons
    except ValueError:
        return [str(reasons)]
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value)


def _number(value: Any) -> float | None:
    """Return a number, also where the database gave it as text."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if 0 <= number < inf else None


def _count(value: Any) -> int | None:
    number = _number(value)
    return None if number is None else int(number)


def _milliseconds(seconds: Any) -> float | None:
    number = _number(seconds)
    return None if number is None else number * 1000


@lru_cache(maxsize=4096)
def _money(text: str) -> Decimal | None:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and amount >= 0 else None
