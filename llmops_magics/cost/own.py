"""The prices that a workspace gives itself, and which of them holds on a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from llmops_magics.cost.tier import STANDARD
from llmops_magics.models.chat import Usage

if TYPE_CHECKING:
    from llmops_magics.config.price import PriceSettings

OWN_SOURCE = "llmops.toml"
_MILLION = Decimal(1_000_000)


@dataclass(frozen=True, kw_only=True)
class OwnPrice:
    """US dollars a million tokens and a second; None where that is not charged."""

    given: Decimal | None
    cached: Decimal | None
    produced: Decimal | None
    second: Decimal | None
    since: str

    @property
    def terms(self) -> dict[str, Any]:
        """What stands beside the cost in a ``Price``."""
        return {"source": OWN_SOURCE, "since": self.since, "by_second": self.second is not None}

    def cost_usd(self, usage: Usage, seconds: float | None) -> Decimal | None:
        """Return the cost; None for a model charged by time when nobody knows how long it took."""
        cost = Decimal(0)
        if self.second is not None:
            if seconds is None or not 0 <= seconds < float("inf"):
                return None
            cost += self.second * Decimal(repr(seconds))
        if self.given is not None and self.cached is not None and self.produced is not None:
            uncached = usage.input_tokens - usage.cached_input_tokens
            tokens = uncached * self.given + usage.cached_input_tokens * self.cached
            cost += (tokens + usage.output_tokens * self.produced) / _MILLION
        return cost


class OwnPrices:
    """Prices by model and tier, each from a day on."""

    def __init__(self, tables: Mapping[str, Sequence[PriceSettings]]) -> None:
        self._prices: dict[tuple[str, str], list[tuple[date, OwnPrice]]] = {}
        self._first: dict[str, date] = {}
        for model, settings in tables.items():
            for each in sorted(settings, key=lambda s: s.since or date.min):
                tier = STANDARD if each.tier == "standard" else each.tier
                since = each.since or date.min
                self._prices.setdefault((model, tier), []).append((since, _price(each)))
                self._first[model] = min(since, self._first.get(model, since))

    def __bool__(self) -> bool:
        return bool(self._first)

    def has(self, model: str, day: date) -> bool:
        """Tell whether a model has a price here on a day, of whatever tier."""
        first = self._first.get(model)
        return first is not None and first <= day

    def find(self, model: str, day: date, tier: str) -> OwnPrice | None:
        """Return the newest price that has begun."""
        begun = [p for since, p in self._prices.get((model, tier), ()) if since <= day]
        return begun[-1] if begun else None


def _price(settings: PriceSettings) -> OwnPrice:
    cached = settings.cached_input_per_million_usd
    return OwnPrice(
        given=settings.input_per_million_usd,
        cached=settings.input_per_million_usd if cached is None else cached,
        produced=settings.output_per_million_usd,
        second=settings.per_second_usd,
        since="" if settings.since is None else settings.since.isoformat(),
    )
