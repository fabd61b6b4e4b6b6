"""What a call costs: usage times the prices of ``genai-prices``, or nothing when it runs here.

An unknown price is None, never 0. Reasoning tokens stand inside output and cached tokens inside
input, so neither is added; cached input has its own, lower rate. No price is fetched: the table
is the one installed, and its version is the ``source`` of every price.

A look-up costs 0.2-0.8 ms of CPU. Where a model's rates are flat (no tiers, no price a request)
they are looked up once an hour of the call's time, and a call is then a multiplication.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from llmops_magics.models.chat import Usage
from llmops_magics.record import utc_now

LOCAL_SOURCE = "embedded model: no API charge"
PROVIDERS = {"openai": "openai"}
_PER_MILLION = Decimal(1_000_000)
_FLAT_RATES = ("input_mtok", "cache_read_mtok", "output_mtok")
_NEVER_USED = ("cache_write", "audio", "image", "video", "web_search")  # we never count these


@dataclass(frozen=True, kw_only=True)
class Price:
    """What one call costs in US dollars, and which table says so."""

    cost_usd: Decimal
    source: str

    @property
    def text(self) -> str:
        """The cost as decimal text without an exponent or trailing zeros, such as ``0.0012``."""
        return format(self.cost_usd.normalize(), "f")


@dataclass(frozen=True, kw_only=True)
class _Rates:
    """US dollars a million tokens."""

    input: Decimal
    cached_input: Decimal
    output: Decimal


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
        cost = _cost(provider, name, usage, at or utc_now())
        return None if cost is None else Price(cost_usd=cost, source=_source())


def _is_possible(usage: Usage) -> bool:
    return 0 <= usage.cached_input_tokens <= usage.input_tokens and usage.output_tokens >= 0


def _cost(provider: str, model: str, usage: Usage, at: datetime) -> Decimal | None:
    rates = _flat_rates(provider, model, at.replace(minute=0, second=0, microsecond=0))
    if rates is None:
        calculated = look_up(provider, model, usage, at)
        return None if calculated is None else Decimal(calculated.total_price)
    uncached = usage.input_tokens - usage.cached_input_tokens
    total = (
        uncached * rates.input
        + usage.cached_input_tokens * rates.cached_input
        + usage.output_tokens * rates.output
    )
    return total / _PER_MILLION


def look_up(provider: str, model: str, usage: Usage, at: datetime) -> Any | None:
    """Return genai-prices' own ``PriceCalculation``, or None for a model it does not know."""
    import genai_prices

    counted = genai_prices.Usage(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cached_input_tokens,
    )
    try:
        return genai_prices.calc_price(
            counted, model_ref=model, provider_id=provider, genai_request_timestamp=at
        )
    except LookupError:
        return None


@lru_cache(maxsize=512)
def _flat_rates(provider: str, model: str, hour: datetime) -> _Rates | None:
    """Return a model's rates if usage times rates is all there is to its price, else None."""
    found = look_up(provider, model, Usage(input_tokens=0, output_tokens=0), hour)
    if found is None:
        return None
    prices = {key: value for key, value in vars(found.model_price).items() if value is not None}
    relevant = {k: v for k, v in prices.items() if not any(part in k for part in _NEVER_USED)}
    if not relevant.keys() <= set(_FLAT_RATES) or "input_mtok" not in relevant:
        return None
    if not all(isinstance(value, Decimal) for value in relevant.values()):  # tiers
        return None
    return _Rates(
        input=relevant["input_mtok"],
        cached_input=relevant.get("cache_read_mtok", relevant["input_mtok"]),
        output=relevant.get("output_mtok", Decimal(0)),
    )


@lru_cache(maxsize=1)
def _source() -> str:
    import genai_prices

    return f"genai-prices {genai_prices.__version__}"
