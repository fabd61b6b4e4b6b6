from __future__ import annotations

import asyncio

import pytest

from llmops_magics.cost.interceptor import PricingInterceptor
from llmops_magics.cost.price import PriceBook
from llmops_magics.models.chat import ChatRequest, ChatResponse, Usage
from llmops_magics.models.interceptor import chain

USAGE = Usage(input_tokens=2000, output_tokens=250)
FOREIGN = {
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4.1-mini",
    "gen_ai.usage.input_tokens": 2000,
    "gen_ai.usage.output_tokens": 250,
}


def annotate(attributes):
    return PricingInterceptor(PriceBook()).annotate(attributes)


def cost_of(model, usage, cost=None):
    async def answer(request):
        return ChatResponse(
            text="", model="m", finish_reason="stop", usage=usage, response_id="r",
            latency_ms=1.0, endpoint="e", cost_usd=cost,
        )  # fmt: skip

    call = chain([PricingInterceptor(PriceBook())], answer)
    return asyncio.run(call(ChatRequest(model=model, messages=()))).cost_usd


def test_answers_get_their_cost_as_decimal_text():
    assert cost_of("openai/gpt-4.1-mini", USAGE) == "0.0012"  # 2000 x 0.40 + 250 x 1.60
    assert cost_of("local/smollm2-135m", USAGE) == "0"


def test_unknown_stays_unknown_and_known_stays_known():
    assert cost_of("openai/gpt-4.1-mini", None) is None
    assert cost_of("lab/gpt-4.1-mini", USAGE) is None
    assert cost_of("openai/gpt-4.1-mini", USAGE, cost="0") == "0"


@pytest.mark.parametrize("model", ["gpt-4.1-mini", "openai/gpt-4.1-mini"])
def test_a_span_is_annotated(model):
    found = annotate({**FOREIGN, "gen_ai.request.model": model})
    assert found["llmops.cost.usd"] == "0.0012"
    assert found["llmops.price.source"].startswith("genai-prices ")


def test_cached_tokens_of_a_span_count():
    cached = {**FOREIGN, "gen_ai.usage.cache_read.input_tokens": 1000}
    assert annotate(cached)["llmops.cost.usd"] == "0.0009"


@pytest.mark.parametrize(
    "change",
    [
        {"gen_ai.usage.input_tokens": None},
        {"gen_ai.usage.input_tokens": "2000"},
        {"gen_ai.provider.name": None},
        {"gen_ai.provider.name": "ollama"},
        {"gen_ai.request.model": "nobody-knows"},
    ],
)
def test_an_unpriced_span_is_left_alone(change):
    assert annotate({**FOREIGN, **change}) == {}


def test_a_span_of_something_else_is_left_alone():
    assert annotate({}) == {}
