"""Read what both arms of a rollout did, from the stored spans: one pass, added up by the database.

A request is a model call whose span says to which rollout and arm it belongs. Calls of judges do
not count, nor do those that were never sent or that the caller broke off. Latency and cost are of
answers that came from a model, not of stored ones. What a rule of the plan or a missing key gave an
arm is left out: only those whom their bucket placed can be compared.

What people or scorers said of a request (``feedback.NAME``, ``score.NAME``) is a span of the
conventions' ``gen_ai.evaluation.*`` attributes in the same trace; the newest of a request counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Float,
    String,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
)

from llmops_magics.prompts.serving.attribution import BY_BUCKET
from llmops_magics.prompts.serving.pointer import (
    CANDIDATE,
    PAUSED,
    ROLLING,
    STABLE,
    Pointer,
    read_history,
)
from llmops_magics.record import parse_time
from llmops_magics.release.rollout.metric import Metric
from llmops_magics.release.rollout.observation import ArmSeen, Observations, StepSeen
from llmops_magics.statistics.sequential import Tally
from llmops_magics.storage.query import reader_of
from llmops_magics.storage.table import span
from llmops_magics.tracing import semconv
from llmops_magics.tracing.failure import NEVER_SENT

_NOT_A_REQUEST: Final = sorted({*NEVER_SENT, "CancelledError"})
_Sums = list[ColumnElement[Any]]


@dataclass(frozen=True, kw_only=True)
class StepWindow:
    """When a step began; it lasts until the next one begins."""

    step: int
    start_ns: int
    at: str


def read_windows(connection: Connection, pointer: Pointer) -> list[StepWindow]:
    """Return the steps of a pointer's rollout, the oldest first; pauses belong to their step."""
    history = read_history(reader_of(connection), pointer.environment, pointer.prompt)
    windows: list[StepWindow] = []
    for row in reversed(history):
        if row.rollout_id != pointer.rollout_id or row.state not in (ROLLING, PAUSED):
            continue
        if not windows or windows[-1].step != row.step:
            start_ns = int(parse_time(row.at).timestamp() * 1e6) * 1000
            windows.append(StepWindow(step=row.step, start_ns=start_ns, at=row.at))
    return windows


def observe(
    connection: Connection,
    rollout_id: str,
    windows: Sequence[StepWindow],
    metrics: Sequence[Metric],
) -> Observations:
    """Add up what both arms did in each step, for these metrics."""
    rows = {
        (row.window, row.arm): row
        for row in connection.execute(_calls(rollout_id, windows, metrics))
    }
    said = _evaluations(connection, rollout_id, windows, metrics)
    return Observations(
        steps=tuple(
            StepSeen(
                step=window.step,
                stable=_arm(rows.get((n, STABLE)), metrics, said.get((n, STABLE), {})),
                candidate=_arm(rows.get((n, CANDIDATE)), metrics, said.get((n, CANDIDATE), {})),
            )
            for n, window in enumerate(windows)
        )
    )


def _text(name: str) -> ColumnElement[str]:
    text: ColumnElement[str] = span.c.attributes[name].as_string()
    return text


def _window(windows: Sequence[StepWindow]) -> ColumnElement[int]:
    """Return the number of the window in which a span began: the newest begun by then."""
    later = [(span.c.started_ns >= w.start_ns, literal(n)) for n, w in enumerate(windows)]
    return case(*reversed(later), else_=literal(-1))


def _of(rollout_id: str, start_ns: int) -> ColumnElement[bool]:
    """Pick the rollout's spans, of those whom their bucket placed."""
    by = _text(semconv.RELEASE_BY)
    return and_(
        span.c.started_ns >= start_ns,
        _text(semconv.RELEASE_ROLLOUT) == rollout_id,
        or_(by.is_(None), by == BY_BUCKET),
    )


def _calls(rollout_id: str, windows: Sequence[StepWindow], metrics: Sequence[Metric]) -> Any:
    """Take the few values of each call first: grouping whole spans takes five times as long."""
    call = _each(rollout_id, windows, metrics).cte("call").prefix_with("MATERIALIZED")
    arms = call.c.window, call.c.arm
    return select(*arms, *_sums(call.c, metrics)).group_by(*arms)


def _each(rollout_id: str, windows: Sequence[StepWindow], metrics: Sequence[Metric]) -> Any:
    is_stored = func.coalesce(cast(_text(semconv.CACHE_HIT), String), "").in_(("1", "true"))
    said = [_text(semconv.FINISH_REASONS), _text(semconv.OUTPUT_MESSAGES)]
    wants_refusals = any(metric.name == "refusal_rate" for metric in metrics)
    is_refusal = or_(*(text.contains('"refusal"') for text in said))
    return select(
        _window(windows).label("window"),
        _text(semconv.RELEASE_ARM).label("arm"),
        span.c.duration_ms.label("duration_ms"),
        case((span.c.status == "error", 1), else_=0).label("is_error"),
        case((is_stored, 1), else_=0).label("is_stored"),
        cast(_text(semconv.COST_USD), Float).label("cost"),
        (case((is_refusal, 1), else_=0) if wants_refusals else literal(0)).label("is_refusal"),
    ).where(
        _of(rollout_id, windows[0].start_ns),
        _text(semconv.OPERATION).in_(sorted(semconv.MODEL_OPERATIONS)),
        func.coalesce(_text(semconv.PURPOSE), "") != "judge",
        func.coalesce(_text(semconv.ERROR_TYPE), "").not_in(_NOT_A_REQUEST),
    )


def _sums(call: Any, metrics: Sequence[Metric]) -> _Sums:
    is_error, is_stored = call.is_error == 1, call.is_stored == 1
    return [
        func.count().label("requests"),
        func.sum(call.is_error).label("errors"),
        func.sum(call.is_refusal).label("refusals"),
        *_moments(case((or_(is_error, is_stored), None), else_=call.duration_ms), "latency"),
        *_moments(case((is_stored, None), else_=call.cost), "cost"),
        func.sum(call.cost).label("spend"),
        *(
            _count(or_(is_error, call.duration_ms > metric.limit_ms), f"late_{n}")
            for n, metric in enumerate(metrics)
            if metric.limit_ms  # one that failed is late as well
        ),
    ]


def _count(condition: ColumnElement[bool], name: str) -> ColumnElement[Any]:
    return func.sum(case((condition, 1), else_=0)).label(name)


def _moments(value: ColumnElement[Any], name: str) -> _Sums:
    return [
        func.count(value).label(f"{name}_n"),
        func.sum(value).label(f"{name}_sum"),
        func.sum(value * value).label(f"{name}_squares"),
    ]


def _evaluations(
    connection: Connection,
    rollout_id: str,
    windows: Sequence[StepWindow],
    metrics: Sequence[Metric],
) -> dict[tuple[int, str], dict[str, Tally]]:
    """Add up what was said of requests, by window, arm and metric."""
    names = sorted({metric.evaluation for metric in metrics if metric.evaluation})
    if not names:
        return {}
    said = _said(rollout_id, windows, names).cte("said")
    value = said.c.value
    good = case((value >= 0.5, 1), (value < 0.5, 0))
    by = said.c.window, said.c.arm, said.c.name
    query = (
        select(*by, *_moments(value, "value"), func.sum(good).label("good"))
        .where(said.c.newness == 1)
        .group_by(*by)
    )
    found: dict[tuple[int, str], dict[str, Tally]] = {}
    for row in connection.execute(query):
        for metric in metrics:
            if metric.evaluation == row.name:
                tally = (
                    Tally.of_count(row.value_n, int(row.good or 0))
                    if metric.is_share
                    else _tally(row, "value")
                )
                found.setdefault((row.window, row.arm), {})[metric.name] = tally
    return found


def _said(rollout_id: str, windows: Sequence[StepWindow], names: Sequence[str]) -> Any:
    """Select what was said, numbered from the newest: who says it of a request again, corrects it.

    So nobody outvotes the others by saying the same a thousand times.
    """
    name = _text(semconv.EVALUATION_NAME)
    newness = func.row_number().over(
        partition_by=(span.c.trace_id, span.c.parent_id, name),
        order_by=(span.c.started_ns.desc(), span.c.span_id.desc()),
    )
    return select(
        _window(windows).label("window"),
        _text(semconv.RELEASE_ARM).label("arm"),
        name.label("name"),
        cast(_text(semconv.EVALUATION_SCORE), Float).label("value"),
        newness.label("newness"),
    ).where(_of(rollout_id, windows[0].start_ns), name.in_(names))


def _arm(row: Any, metrics: Sequence[Metric], said: Mapping[str, Tally]) -> ArmSeen:
    if row is None:
        return ArmSeen(tallies=dict(said))
    calls = {
        metric.name: _of_calls(row, n, metric)
        for n, metric in enumerate(metrics)
        if metric.source == "call"
    }
    return ArmSeen(
        requests=row.requests, spend_usd=float(row.spend or 0.0), tallies={**calls, **said}
    )


def _of_calls(row: Any, n: int, metric: Metric) -> Tally:
    if metric.limit_ms:
        return Tally.of_count(row.requests, getattr(row, f"late_{n}"))
    if metric.name == "error_rate":
        return Tally.of_count(row.requests, row.errors)
    if metric.name == "refusal_rate":
        return Tally.of_count(row.requests, row.refusals)
    return _tally(row, metric.name.partition("_")[0])


def _tally(row: Any, name: str) -> Tally:
    return Tally(
        n=getattr(row, f"{name}_n"),
        total=float(getattr(row, f"{name}_sum") or 0.0),
        squares=float(getattr(row, f"{name}_squares") or 0.0),
    )
