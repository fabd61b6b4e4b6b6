"""Put the price on each answer: on our own calls, and on spans that other code recorded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from llmops_magics.cost.price import PriceBook
from llmops_magics.cost.tier import billed_tier
from llmops_magics.models.chat import Usage
from llmops_magics.models.interceptor import Request, Response
from llmops_magics.tracing import semconv


class PricingInterceptor:
    """Sets ``cost_usd`` of answers that have none, where usage and price are known.

    It goes inside the tracing interceptor, so that the span has the cost.
    """

    def __init__(self, book: PriceBook) -> None:
        self._book = book

    async def intercept(
        self, request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        """Pass the call on and price its answer."""
        response = await call_next(request)
        if response.usage is None or response.cost_usd is not None:
            return response
        price = self._book.price(
            request.model,
            response.usage,
            tier=billed_tier(request.settings.get("service_tier"), response.service_tier),
            seconds=response.latency_ms / 1000,
        )
        if price is None:
            return response
        return replace(
            response,
            cost_usd=price.text,
            price_source=price.source,
            price_since=price.since,
            billed_s=response.latency_ms / 1000 if price.by_second else None,
        )

    def annotate(self, attributes: Mapping[str, Any]) -> dict[str, str]:
        """Return cost and price source for a span with these ``gen_ai.*`` attributes.

        Empty when the usage or the price is unknown. The provider is taken to be what the span
        says; a model may be named with or without it.
        """
        usage = _usage(attributes)
        provider = attributes.get(semconv.PROVIDER)
        model = attributes.get(semconv.REQUEST_MODEL)
        if usage is None or not isinstance(provider, str) or not isinstance(model, str):
            return {}
        name = model if model.startswith(f"{provider}/") else f"{provider}/{model}"
        asked, served = (
            attributes.get(each) for each in (semconv.REQUEST_SERVICE_TIER, semconv.SERVICE_TIER)
        )
        price = self._book.price(name, usage, tier=billed_tier(asked, served))
        if price is None:
            return {}
        found = {semconv.COST_USD: price.text, semconv.PRICE_SOURCE: price.source}
        return found | ({semconv.PRICE_SINCE: price.since} if price.since else {})


def _usage(attributes: Mapping[str, Any]) -> Usage | None:
    counts = (
        attributes.get(semconv.INPUT_TOKENS),
        attributes.get(semconv.OUTPUT_TOKENS, 0),  # embeddings have no output
        attributes.get(semconv.CACHED_INPUT_TOKENS, 0),
    )
    if not all(isinstance(count, int) and not isinstance(count, bool) for count in counts):
        return None
    given, produced, cached = (int(count) for count in counts if count is not None)
    return Usage(input_tokens=given, output_tokens=produced, cached_input_tokens=cached)
