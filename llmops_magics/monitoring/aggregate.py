"""From calls to metrics: one pass over the store, every grouping filled on the way.

What stays of pruned traces (``tracing.day``) is added where its whole day counts. Latencies and
the series over time are only of calls whose spans are there.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

from llmops_magics.errors import UsageError
from llmops_magics.monitoring.metrics import CallMetrics, Metrics, Moment, finish
from llmops_magics.monitoring.reader import calls, first_start_ns
from llmops_magics.monitoring.tally import Tally, sorted_quantile
from llmops_magics.monitoring.window import SECOND_NS, Window, time_text
from llmops_magics.storage.store import Store
from llmops_magics.tracing.call import Call, Kind
from llmops_magics.tracing.day import Day, pruned_days

MAX_MOMENTS = 48
_STEPS_S = (
    10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
    172_800, 604_800, 2_592_000, 7_776_000,
)  # fmt: skip
NOWHERE = "(none)"

_KEYS: dict[str, Callable[[Call], str]] = {
    "prompt": lambda call: call.kind.prompt_ref.partition("@")[0] or NOWHERE,
    "version": lambda call: call.kind.prompt_ref or NOWHERE,
    "model": lambda call: call.kind.model or NOWHERE,
    "notebook": lambda call: call.notebook or NOWHERE,
    "purpose": lambda call: call.kind.purpose or NOWHERE,
    "day": lambda call: time_text(call.started_ns)[:10],
    "hour": lambda call: f"{time_text(call.started_ns)[:13]}:00Z",
}
GROUPINGS = ("prompt", "version", "model", "notebook", "day", "hour", "purpose")
FILTERS = ("prompt", "model", "purpose")
_BY_TIME = ("day", "hour")


def aggregate(
    store: Store,
    window: Window,
    *,
    by: str = "model",
    where: Mapping[str, str] | None = None,
    is_plotted: bool = False,
) -> Metrics:
    """Add up the calls of a window, by one of ``GROUPINGS``; ``where`` keeps those that match.

    Raises ``UsageError`` for another grouping or filter.
    """
    if by not in GROUPINGS:
        raise UsageError(f"There is no grouping by {by!r}.", hint=f"Use {', '.join(GROUPINGS)}.")
    kept = dict(where or {})
    is_wanted = matcher(kept)
    pruned = [day for day in _pruned(store, window) if is_wanted(_kind(day))]
    window = _clipped(store, window)
    series = _Series(window)
    models: dict[str, Tally] = defaultdict(Tally)
    groups = models if by == "model" else defaultdict(Tally)
    for batch in calls(store, window, with_notebook=by == "notebook"):
        wanted = [call for call in batch if is_wanted(call.kind)] if kept else batch
        for call in wanted:
            models[call.kind.model or NOWHERE].add(call)
            series.add(call)
        if groups is not models:
            for call in wanted:
                groups[_KEYS[by](call)].add(call)
    for day in pruned:
        models[day.model or NOWHERE].add_day(day)
        if groups is not models:
            groups[_pruned_key(by, day)].add_day(day)
    total = Tally()
    for tally in models.values():
        total.merge(tally)
    return Metrics(
        since=time_text(min([window.start_ns, *(day.started_ns for day in pruned)])),
        until=window.until,
        by=by,
        where=kept,
        total=finish("total", total),
        groups=_finished(groups, by_time=by in _BY_TIME),
        models=_finished(models, by_time=False),
        moments=series.moments(),
        step_s=series.step_s,
        is_plotted=is_plotted,
    )


def matcher(where: Mapping[str, str]) -> Callable[[Kind], bool]:
    """Return what tells whether a sort of call has these values.

    ``prompt`` without an ``@`` is every version of it; ``model`` may be given without its endpoint.
    """
    for name in where:
        if name not in FILTERS:
            raise UsageError(f"There is no filter {name!r}.", hint=f"Use {', '.join(FILTERS)}.")
    prompt, model, purpose = (where.get(name, "") for name in FILTERS)

    @lru_cache(maxsize=1024)
    def matches(kind: Kind) -> bool:
        of_prompt = prompt in ("", kind.prompt_ref, kind.prompt_ref.partition("@")[0])
        of_model = model in ("", kind.model, kind.model.partition("/")[2])
        return of_prompt and of_model and purpose in ("", kind.purpose)

    return matches


def _pruned(store: Store, window: Window) -> Iterator[Day]:
    with store.read() as connection:
        for day in pruned_days(connection, window.start_ns):
            if day.started_ns < window.end_ns:
                yield day


def _kind(day: Day) -> Kind:
    return Kind(day.model, day.prompt, day.purpose, None, was_cancelled=False, was_refused=False)


def _pruned_key(by: str, day: Day) -> str:
    """Return the group of a day's sums; by hour, a day is one."""
    if by == "prompt":
        return day.prompt.partition("@")[0] or NOWHERE
    name = {"version": "prompt", "hour": "day"}.get(by, by)
    return getattr(day, name) or NOWHERE


def _finished(groups: Mapping[str, Tally], *, by_time: bool) -> tuple[CallMetrics, ...]:
    ordered = sorted(
        groups.items(), key=lambda item: item[0] if by_time else (-item[1].calls, item[0])
    )
    return tuple(finish(key, tally) for key, tally in ordered)


def _clipped(store: Store, window: Window) -> Window:
    """Begin no earlier than the store does, so that ``all`` has a series worth drawing."""
    first = first_start_ns(store)
    start = window.start_ns if first is None else max(window.start_ns, first)
    return Window(start_ns=min(start, window.end_ns), end_ns=window.end_ns)


class _Series:
    """Counts and latencies by steps of time, at most ``MAX_MOMENTS`` of them."""

    def __init__(self, window: Window) -> None:
        length_s = max((window.end_ns - window.start_ns) / SECOND_NS, 1.0)
        self.step_s = next((s for s in _STEPS_S if length_s / s <= MAX_MOMENTS - 1), _STEPS_S[-1])
        self._step_ns = self.step_s * SECOND_NS
        self._first = window.start_ns // self._step_ns
        count = (window.end_ns - 1) // self._step_ns - self._first + 1
        self._counts = [0] * max(count, 1)
        self._errors = [0] * len(self._counts)
        self._durations = [array("d") for _ in self._counts]

    def add(self, call: Call) -> None:
        if call.kind.was_refused:
            return
        place = call.started_ns // self._step_ns - self._first
        self._counts[place] += 1
        self._errors[place] += call.is_error and not call.kind.was_cancelled
        if not call.is_cached and not call.kind.was_cancelled:
            self._durations[place].append(call.duration_ms)

    def moments(self) -> tuple[Moment, ...]:
        ordered = (array("d", sorted(durations)) for durations in self._durations)
        return tuple(
            Moment(
                at=time_text((self._first + place) * self._step_ns),
                calls=self._counts[place],
                errors=self._errors[place],
                p50_ms=sorted_quantile(durations, 0.5),
                p95_ms=sorted_quantile(durations, 0.95),
            )
            for place, durations in enumerate(ordered)
        )
