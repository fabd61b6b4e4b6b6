"""What a call costs: usage times the prices of ``genai-prices``, or nothing when it runs here.

An unknown price is None, never 0. Reasoning tokens stand inside output and cached tokens inside
input, so neither is added; cached input has its own, lower rate. No price is fetched: the table
is the one installed, and its version is the ``source`` of every price.

Measured: a price costs 0.1-0.15 ms of CPU, the first one 0.2 s for the import.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from llmops_magics.models.chat import Usage
from llmops_magics.record import utc_now

LOCAL_SOURCE = "embedded model: no API charge"
PROVIDERS = {"openai": "openai"}


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
        cost = _look_up(provider, name, usage, at or utc_now())
        return None if cost is None else Price(cost_usd=cost, source=_source())


def _is_possible(usage: Usage) -> bool:
    return 0 <= usage.cached_input_tokens <= usage.input_tokens and usage.output_tokens >= 0


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
