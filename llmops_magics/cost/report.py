"""What model calls have cost, added up: a total, and one row of whatever was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from llmops_magics.record import Record

if TYPE_CHECKING:
    import pandas as pd

By = Literal["prompt", "model", "version", "notebook", "day", "user", "session", "purpose"]
GROUPS = ("prompt", "model", "version", "notebook", "day", "user", "session", "purpose")


@dataclass(frozen=True, kw_only=True)
class CostRow:
    """What calls have cost; ``key`` is "" where a span does not say whose it is.

    Cached input stands inside input, reasoning inside output. ``unpriced_calls`` are not in
    ``cost_usd``, which is a lower bound while they are not 0. ``saved_usd`` is what the answers of
    ``cache_hits`` calls had cost when they were given.
    """

    key: str = ""
    calls: int = 0
    input_tokens: int = 0
    cached_input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Decimal = Decimal(0)
    unpriced_calls: int = 0
    cache_hits: int = 0
    saved_usd: Decimal = Decimal(0)

    @property
    def unknown_share(self) -> float:
        """The share of calls whose cost nobody knows."""
        return self.unpriced_calls / self.calls if self.calls else 0.0

    def plus(self, other: CostRow) -> CostRow:
        """Add the calls of another row."""
        return CostRow(
            key=self.key,
            calls=self.calls + other.calls,
            input_tokens=self.input_tokens + other.input_tokens,
            cached_input_tokens=self.cached_input_tokens + other.cached_input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cost_usd=self.cost_usd + other.cost_usd,
            unpriced_calls=self.unpriced_calls + other.unpriced_calls,
            cache_hits=self.cache_hits + other.cache_hits,
            saved_usd=self.saved_usd + other.saved_usd,
        )


@dataclass(frozen=True, kw_only=True)
class SpendForecast:
    """What this month (UTC) will cost if it goes on as in the days before.

    ``month_end_usd`` = spent this month + pace x days left; the pace is the mean of ``days``.
    """

    month_usd: Decimal
    per_day_usd: Decimal
    days: float
    month_end_usd: Decimal


@dataclass(frozen=True, kw_only=True)
class CostReport(Record):
    """Costs since a moment, dearest row first (days in their order).

    With ``is_repriced`` they are what the tokens cost by the price tables of now, each at the time
    of its call, and ``stored_usd`` is what was known then; else they are that.
    """

    kind: ClassVar[str] = "cost-report"

    by: By
    since: str
    until: str
    total: CostRow
    rows: tuple[CostRow, ...]
    is_repriced: bool = False
    stored_usd: Decimal = Decimal(0)
    forecast: SpendForecast | None = None

    def to_pandas(self) -> pd.DataFrame:
        """Return one row a group; money as floats, for plots."""
        import pandas as pd

        return pd.DataFrame([_cells(self.by, row) for row in self.rows])


def _cells(by: str, row: CostRow) -> dict[str, Any]:
    money = {"cost_usd": float(row.cost_usd), "saved_usd": float(row.saved_usd)}
    counts = ("calls", "input_tokens", "cached_input_tokens", "output_tokens")
    rest = {name: getattr(row, name) for name in (*counts, "unpriced_calls", "cache_hits")}
    return {by: row.key, **money, **rest}
