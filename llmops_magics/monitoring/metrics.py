"""The record of what calls add up to: in all, by group, and over time."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from llmops_magics.monitoring.tally import Tally
from llmops_magics.record import Record
from llmops_magics.statistics.proportion import wilson_interval

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class CallMetrics:
    """What the calls of one group add up to.

    ``calls`` were made; ``refused`` ones a budget or a spending cap stopped before they were sent,
    and nothing else counts them. ``error_rate`` is of all calls that were not cancelled, with
    Wilson's 95% interval. Latencies are of ``timed_calls``: those that went to an endpoint. Of
    ``pruned_calls`` only sums are left: they have no latency here. ``cost_usd`` is the sum of the
    known prices, a lower bound while ``unpriced_calls`` is not 0; the same holds of tokens and
    ``unmetered_calls``. ``failures`` counts classes of failure, which may be more than errors: an
    answer that was cut off is a failure and no error.
    """

    key: str
    calls: int
    errors: int
    cancelled: int
    refused: int
    error_rate: float | None
    error_low: float | None
    error_high: float | None
    timed_calls: int
    pruned_calls: int
    mean_ms: float | None
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    max_ms: float | None
    first_token_calls: int
    first_token_p50_ms: float | None
    first_token_p95_ms: float | None
    input_tokens: int
    output_tokens: int
    cached_input_tokens: int
    unmetered_calls: int
    cost_usd: Decimal
    unpriced_calls: int
    saved_usd: Decimal
    cache_hits: int
    retries: int
    failures: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Moment:
    """One step of the series: the calls that began from ``at`` on, for the series' step."""

    at: str
    calls: int
    errors: int
    p50_ms: float | None
    p95_ms: float | None


@dataclass(frozen=True, kw_only=True)
class Metrics(Record):
    """Model calls of a window, added up.

    ``groups`` are by ``by``, the busiest first; ``models`` are by model whatever ``by`` is.
    ``moments`` cut the window into steps of ``step_s`` seconds, those without calls included, from
    the first call on whose span is stored.
    With ``is_plotted`` the record shows itself with plots.
    """

    kind: ClassVar[str] = "metrics"

    since: str
    until: str
    by: str
    where: dict[str, str]
    total: CallMetrics
    groups: tuple[CallMetrics, ...]
    models: tuple[CallMetrics, ...]
    moments: tuple[Moment, ...]
    step_s: int
    is_plotted: bool = False

    def to_pandas(self) -> pd.DataFrame:
        """Return a row a group, the total last; money as Decimal, failures a column a class."""
        import pandas as pd

        kinds = sorted(self.total.failures)
        rows = [_row(group, kinds) for group in (*self.groups, self.total)]
        return pd.DataFrame(rows).rename(columns={"key": self.by})


def finish(key: str, tally: Tally) -> CallMetrics:
    """Return the record of a tally."""
    counted = tally.calls - tally.cancelled
    interval = wilson_interval(tally.errors, counted)
    timed = len(tally.durations_ms)
    return CallMetrics(
        key=key,
        calls=tally.calls,
        errors=tally.errors,
        cancelled=tally.cancelled,
        refused=tally.refused,
        error_rate=tally.errors / counted if counted else None,
        error_low=interval.low if interval else None,
        error_high=interval.high if interval else None,
        timed_calls=timed,
        pruned_calls=tally.pruned_calls,
        mean_ms=sum(tally.durations_ms) / timed if timed else None,
        p50_ms=tally.latency_ms(0.5),
        p95_ms=tally.latency_ms(0.95),
        p99_ms=tally.latency_ms(0.99),
        max_ms=tally.latency_ms(1),
        first_token_calls=len(tally.first_tokens_ms),
        first_token_p50_ms=tally.first_token_ms(0.5),
        first_token_p95_ms=tally.first_token_ms(0.95),
        input_tokens=tally.input_tokens,
        output_tokens=tally.output_tokens,
        cached_input_tokens=tally.cached_input_tokens,
        unmetered_calls=tally.unmetered_calls,
        cost_usd=tally.cost_usd,
        unpriced_calls=tally.unpriced_calls,
        saved_usd=tally.saved_usd,
        cache_hits=tally.cache_hits,
        retries=tally.retries,
        failures=dict(tally.failures.most_common()),
    )


def _row(group: CallMetrics, kinds: list[str]) -> Mapping[str, Any]:
    values = {f.name: getattr(group, f.name) for f in dataclasses.fields(group)}
    failures = values.pop("failures")
    return {**values, **{f"failure_{kind}": failures.get(kind, 0) for kind in kinds}}
