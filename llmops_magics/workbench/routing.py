"""Routers with what the layers beside models know: prices, context lengths, checks and spans."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from llmops_magics.models.routing.choice import Chooser
from llmops_magics.models.routing.decision import Decision, Note
from llmops_magics.models.routing.router import RoutingInterceptor
from llmops_magics.tracing import semconv
from llmops_magics.tracing.session import session_attributes

if TYPE_CHECKING:
    from llmops_magics.config.settings import Settings
    from llmops_magics.models.chat import ChatRequest, Usage
    from llmops_magics.models.client import ModelClient
    from llmops_magics.prompts.registry import PromptRegistry
    from llmops_magics.tracing.pipeline import Tracing


def routing_interceptor(
    settings: Settings,
    *,
    tracing: Tracing,
    client: Callable[[], ModelClient],
    prompts: Callable[[], PromptRegistry],
) -> RoutingInterceptor:
    """Return the interceptor of a workspace; all that is passed is used when a router needs it.

    Raises ``ConfigError`` for a cascade whose check is none.
    """
    from llmops_magics.workbench.checking import Checkers

    checkers = Checkers(settings, client=client, prompts=prompts)
    for name, router in settings.router.items():
        if router.strategy == "cascade":
            checkers.of(name)
    return RoutingInterceptor(
        settings.router,
        chooser_of(settings),
        checker_of=checkers.of,
        watch=lambda name, strategy, request: _span(tracing, name, strategy, request),
    )


def chooser_of(settings: Settings) -> Chooser:
    """Return a chooser that knows prices, context lengths of the price table, and the session."""
    from llmops_magics.cost.price import PriceBook

    book = PriceBook.of(settings)

    def price_of(model: str, usage: Usage) -> Decimal | None:
        found = book.price(model, usage)
        return None if found is None else found.cost_usd

    return Chooser(
        price_of=price_of, context_of=context_tokens, around=lambda: session_attributes() or {}
    )


@lru_cache(maxsize=256)
def context_tokens(model: str) -> int | None:
    """Return the context length that the price table has of a model; None where it has none."""
    from llmops_magics.cost.price import PROVIDERS

    endpoint, _, name = model.partition("/")
    if endpoint not in PROVIDERS:
        return None
    import genai_prices

    nothing = genai_prices.Usage(input_tokens=0, output_tokens=0)
    try:
        found = genai_prices.calc_price(
            nothing, model_ref=name, provider_id=PROVIDERS[endpoint]
        ).model.context_window
    except LookupError:
        return None
    return found if isinstance(found, int) and found > 0 else None


@contextmanager
def _span(tracing: Tracing, name: str, strategy: str, request: ChatRequest) -> Iterator[Note]:
    attributes: dict[str, Any] = {
        **request.attributes,
        semconv.ROUTER_NAME: name,
        semconv.ROUTER_STRATEGY: strategy,
        semconv.PURPOSE: request.purpose,
    }
    if request.prompt_ref:
        attributes[semconv.PROMPT_REF] = request.prompt_ref
    with tracing.span(f"route {request.model}", attributes) as span:

        def note(decision: Decision) -> None:
            tried = [asdict(each) for each in decision.tries]
            span.set_attributes(
                {
                    semconv.ROUTER_MODEL: decision.chosen,
                    semconv.ROUTER_WHY: decision.why,
                    semconv.ROUTER_TRIED: json.dumps(tried, ensure_ascii=False),
                }
            )

        yield note
