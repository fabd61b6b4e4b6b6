"""What a call costs: usage times a price, the workspace's own or that of ``genai-prices``.

An unknown price is None, never 0. Reasoning tokens stand inside output and cached tokens inside
input, so neither is added; cached input has its own, lower rate. No price is fetched: the table
is the one installed, and its version is the ``source`` of every price.

A tier (batch, flex, priority) has a price only where the table has one: what ``genai-prices`` does
not know it bills in full without a word.

Measured: a price from the table costs 0.1-0.15 ms of CPU, the first one 0.2 s for the import. So
the rates of a model without tiers or special units are kept, for the minute of a call that is made
now and for the quarter of an hour of one that was.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from llmops_magics.cost.own import OwnPrices
from llmops_magics.cost.tier import CONTEXTS, STANDARD
from llmops_magics.models.chat import Usage
from llmops_magics.record import utc_now

if TYPE_CHECKING:
    from llmops_magics.config.settings import Settings

LOCAL_SOURCE = "embedded model: no API charge"
PROVIDERS = {"openai": "openai"}
_QUARTER_S = 900
_PLAIN_UNITS = {"input_mtok", "cache_read_mtok", "output_mtok"}
_UNUSED_UNITS = {"web_searches_kcount", "storage_searches_kcount"}  # of which a chat has none


@dataclass(frozen=True, kw_only=True)
class Price:
    """What one call costs in US dollars, which table says so, and since which day it does.

    ``since`` is empty where the table does not say. ``by_second`` tells that time was charged.
    """

    cost_usd: Decimal
    source: str
    since: str = ""
    by_second: bool = False

    @property
    def text(self) -> str:
        """The cost as decimal text without an exponent or trailing zeros, such as ``0.0012``."""
        return format(self.cost_usd.normalize(), "f")


class PriceBook:
    """Prices of models named ``<endpoint>/<model>``.

    ``providers`` says which endpoints are a provider of the price table; a self-hosted endpoint is
    none, and its calls have a price only where ``own`` gives one.
    """

    def __init__(
        self, providers: Mapping[str, str] | None = None, own: OwnPrices | None = None
    ) -> None:
        self._providers = dict(PROVIDERS if providers is None else providers)
        self._own = own or OwnPrices({})

    @classmethod
    def of(cls, settings: Settings) -> PriceBook:
        """Return the prices of a workspace."""
        return cls(own=OwnPrices(settings.prices))

    def price(
        self,
        model: str,
        usage: Usage,
        *,
        at: datetime | None = None,
        tier: str = STANDARD,
        seconds: float | None = None,
    ) -> Price | None:
        """Price a call made ``at`` a time (default: now); None when the price is unknown.

        ``tier`` is one of ``cost.tier``, ``seconds`` how long the endpoint took, for models that
        are charged by time. Also None for a usage that cannot be, such as more cached tokens than
        input.
        """
        endpoint, _, name = model.partition("/")
        if endpoint == "local":
            return Price(cost_usd=Decimal(0), source=LOCAL_SOURCE)
        if not name or not _is_possible(usage):
            return None
        own = self._own.find(model, (at or utc_now()).date(), tier) if self._own else None
        if own is not None:
            cost = own.cost_usd(usage, seconds)
            return None if cost is None else Price(cost_usd=cost, **own.terms)
        provider = self._providers.get(endpoint)
        if provider is None or self._own.has(model, (at or utc_now()).date()):
            return None
        return _listed(provider, name, usage, at, tier)


def _is_possible(usage: Usage) -> bool:
    return 0 <= usage.cached_input_tokens <= usage.input_tokens and usage.output_tokens >= 0


def _listed(
    provider: str, model: str, usage: Usage, at: datetime | None, tier: str
) -> Price | None:
    """Price a call by the installed table."""
    if tier != STANDARD and tier not in CONTEXTS:
        return None
    # Rates change at midnight, or for a part of the day; none at another time than a quarter's.
    begin_s = time.time() // 60 * 60 if at is None else at.timestamp() // _QUARTER_S * _QUARTER_S
    rates = _plain_rates(provider, model, tier, int(begin_s))
    if rates is _UNKNOWN:
        return None
    if rates is not None:
        return Price(cost_usd=rates.cost_usd(usage), source=_source(), since=rates.since)
    return _look_up(provider, model, usage, at or utc_now(), tier)


class _PlainRates(NamedTuple):
    """US dollars a million tokens, whatever the number of tokens."""

    given: Decimal
    cached: Decimal
    produced: Decimal
    since: str = ""

    def cost_usd(self, usage: Usage) -> Decimal:
        uncached = usage.input_tokens - usage.cached_input_tokens
        parts = (
            uncached * self.given,
            usage.cached_input_tokens * self.cached,
            usage.output_tokens * self.produced,
        )
        return sum(parts, Decimal(0)) / 1_000_000


_UNKNOWN = _PlainRates(Decimal("NaN"), Decimal("NaN"), Decimal("NaN"))


@lru_cache(maxsize=4096)
def _plain_rates(provider: str, model: str, tier: str, at_s: int) -> _PlainRates | None:
    """Return the rates of a time; None where they depend on more than the counts of tokens.

    ``_UNKNOWN`` for a model or tier that the table does not have: looking that up takes longest.
    """
    from genai_prices import Usage as Counted

    at = datetime.fromtimestamp(at_s, UTC)
    found = _calculate(provider, model, Counted(input_tokens=1, output_tokens=1), at, tier)
    if found is None:
        return _UNKNOWN
    rates = {unit: rate for unit, rate in vars(found.model_price).items() if rate is not None}
    is_plain = all(isinstance(rate, Decimal) for rate in rates.values())
    if not is_plain or rates.keys() - _UNUSED_UNITS != _PLAIN_UNITS:
        return None
    return _PlainRates(
        rates["input_mtok"], rates["cache_read_mtok"], rates["output_mtok"], _since(found, at)
    )


def _look_up(provider: str, model: str, usage: Usage, at: datetime, tier: str) -> Price | None:
    """Return a price; None for a model that is unknown or not charged by tokens."""
    from genai_prices import Usage as Counted

    counted = Counted(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cached_input_tokens,
    )
    found = _calculate(provider, model, counted, at, tier)
    if found is None or found.model_price.input_mtok is None:
        return None
    cost = Decimal(found.total_price)
    return Price(cost_usd=cost, source=_source(), since=_since(found, at))


def _calculate(provider: str, model: str, counted: Any, at: datetime, tier: str) -> Any:
    """Ask the table; None where it has no such model, or no price of that tier at that time."""
    import genai_prices

    context = CONTEXTS.get(tier)
    try:
        found = genai_prices.calc_price(
            counted,
            model_ref=model,
            provider_id=provider,
            genai_request_timestamp=at,
            price_context=None if context is None else dict(context),
        )
    except LookupError:
        return None
    return found if context is None or _has_variant(found.model, context, at) else None


def _has_variant(model: Any, context: Mapping[str, str], at: datetime) -> bool:
    return any(
        variant.when == context and (variant.constraint is None or variant.constraint.active(at))
        for variant in model.price_variants or ()
    )


def _since(found: Any, at: datetime) -> str:
    """Return the day from which the price holds, where the table dates it."""
    prices = found.model.prices
    if not isinstance(prices, list):
        return ""
    for each in reversed(prices):
        if each.constraint is None or each.constraint.active(at):
            start = getattr(each.constraint, "start_date", None)
            return start.isoformat() if isinstance(start, date) else ""
    return ""


@lru_cache(maxsize=1)
def _source() -> str:
    import genai_prices

    return f"genai-prices {genai_prices.__version__}"
