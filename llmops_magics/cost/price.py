"""What a call costs: usage times the prices of ``genai-prices``, or nothing when it runs here.

An unknown price is None, never 0. Reasoning tokens stand inside output and cached tokens inside
input, so neither is added; cached input has its own, lower rate. No price is fetched: the table
is the one installed, and its version is the ``source`` of every price.

Measured: a price from the table costs 0.1-0.15 ms of CPU, the first one 0.2 s for the import. So
the rates of a model without tiers or special units are kept for the minute they were looked up in.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from llmops_magics.models.chat import Usage
from llmops_magics.record import utc_now

LOCAL_SOURCE = "embedded model: no API charge"
PROVIDERS = {"openai": "openai"}
_PLAIN_UNITS = {"input_mtok", "cache_read_mtok", "output_mtok"}
_UNUSED_UNITS = {"web_searches_kcount", "storage_searches_kcount"}  # of which a chat has none


@dataclass(frozen=True, kw_only=True)
class Price:
    """What one call costs in US dollars, and which table says so."""

    cost_usd: Decimal
    source: str

    @property
    def text(self) -> str:
        """The cost as decimal text without an exponent or trailing zeros, such as ``0.0012``."""
        return format(self.cost_usd.normalize(), "f")


class PriceBook:
    """Prices of models named ``<endpoint>/<model>``.

    ``providers`` says which endpoints are a provider of the price table; a self-hosted endpoint is
    none, and its calls have no known price.
    """

    def __init__(self, providers: Mapping[str, str] | None = None) -> None:
        self._providers = dict(PROVIDERS if providers is None else providers)

    def price(self, model: str, usage: Usage, *, at: datetime | None = None) -> Price | None:
        """Price a call made ``at`` a time (default: now); None when the price is unknown.

        Also None for a usage that cannot be, such as more cached tokens than input.
        """
        endpoint, _, name = model.partition("/")
        if endpoint == "local":
            return Price(cost_usd=Decimal(0), source=LOCAL_SOURCE)
        provider = self._providers.get(endpoint)
        if provider is None or not name or not _is_possible(usage):
            return None
        rates = _plain_rates(provider, name, int(time.time() // 60)) if at is None else None
        if rates is _UNKNOWN:
            return None
        if rates is not None:
            cost: Decimal | None = rates.cost_usd(usage)
        else:
            cost = _look_up(provider, name, usage, at or utc_now())
        return None if cost is None else Price(cost_usd=cost, source=_source())


def _is_possible(usage: Usage) -> bool:
    return 0 <= usage.cached_input_tokens <= usage.input_tokens and usage.output_tokens >= 0


class _PlainRates(NamedTuple):
    """US dollars a million tokens, whatever the number of tokens."""

    given: Decimal
    cached: Decimal
    produced: Decimal

    def cost_usd(self, usage: Usage) -> Decimal:
        uncached = usage.input_tokens - usage.cached_input_tokens
        parts = (
            uncached * self.given,
            usage.cached_input_tokens * self.cached,
            usage.output_tokens * self.produced,
        )
        return sum(parts, Decimal(0)) / 1_000_000


_UNKNOWN = _PlainRates(Decimal("NaN"), Decimal("NaN"), Decimal("NaN"))


@lru_cache(maxsize=256)
def _plain_rates(provider: str, model: str, _minute: int) -> _PlainRates | None:
    """Return the rates of now; None where they depend on more than the three counts of tokens.

    ``_UNKNOWN`` for a model that the table does not have: looking that up takes longest.
    """
    import genai_prices

    try:
        found = genai_prices.calc_price(
            genai_prices.Usage(input_tokens=1, output_tokens=1),
            model_ref=model,
            provider_id=provider,
            genai_request_timestamp=utc_now(),
        )
    except LookupError:
        return _UNKNOWN
    rates = {unit: rate for unit, rate in vars(found.model_price).items() if rate is not None}
    is_plain = all(isinstance(rate, Decimal) for rate in rates.values())
    if not is_plain or rates.keys() - _UNUSED_UNITS != _PLAIN_UNITS:
        return None
    return _PlainRates(rates["input_mtok"], rates["cache_read_mtok"], rates["output_mtok"])


def _look_up(provider: str, model: str, usage: Usage, at: datetime) -> Decimal | None:
    """Return US dollars; None for a model that is unknown or not charged by tokens."""
    import genai_prices

    counted = genai_prices.Usage(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cached_input_tokens,
    )
    try:
        found = genai_prices.calc_price(
            counted, model_ref=model, provider_id=provider, genai_request_timestamp=at
        )
    except LookupError:
        return None
    return None if found.model_price.input_mtok is None else Decimal(found.total_price)


@lru_cache(maxsize=1)
def _source() -> str:
    import genai_prices

    return f"genai-prices {genai_prices.__version__}"
