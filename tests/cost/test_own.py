from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from llmops_magics.config.settings import load_settings
from llmops_magics.cost.interceptor import PricingInterceptor
from llmops_magics.cost.price import PriceBook
from llmops_magics.errors import ConfigError
from llmops_magics.models.chat import ChatRequest, ChatResponse, Usage
from llmops_magics.models.interceptor import chain

TABLES = """
[[prices."acme/large"]]
input_per_million_usd = 2.5
output_per_million_usd = 10
cached_input_per_million_usd = 0.5
since = 2026-01-01
[[prices."acme/large"]]
input_per_million_usd = 2
output_per_million_usd = 8
since = 2026-06-01
[[prices."acme/large"]]
input_per_million_usd = 1
output_per_million_usd = 4
tier = "batch"
[prices."acme/gpu"]
per_second_usd = 0.001
[prices."openai/gpt-4.1-mini"]
input_per_million_usd = 0
output_per_million_usd = 0
since = 2026-03-01
"""
USAGE = Usage(input_tokens=1_000_000, output_tokens=100_000, cached_input_tokens=200_000)


@pytest.fixture
def settings(tmp_path):
    def write(text):
        (tmp_path / "llmops.toml").write_text(text)
        return load_settings(tmp_path)

    return write


def price(settings, model, at=None, **named):
    at = None if at is None else datetime.fromisoformat(at).replace(tzinfo=UTC)
    return PriceBook.of(settings(TABLES)).price(model, USAGE, at=at, **named)


def test_a_price_holds_from_its_day_on(settings):
    spring = price(settings, "acme/large", "2026-03-01")
    # 800,000 x 2.5 + 200,000 x 0.5 + 100,000 x 10
    assert (spring.cost_usd, spring.source, spring.since) == (
        Decimal("3.1"), "llmops.toml", "2026-01-01",
    )  # fmt: skip
    summer = price(settings, "acme/large", "2026-06-01")
    assert summer.cost_usd == Decimal("2.8")  # cached input at the input's price
    assert price(settings, "acme/other", "2026-06-01") is None


def test_before_its_day_the_installed_table_counts(settings):
    assert price(settings, "openai/gpt-4.1-mini", "2026-02-01").source.startswith("genai-prices")
    assert price(settings, "openai/gpt-4.1-mini", "2026-03-01").cost_usd == 0


def test_a_tier_has_its_own_price_or_none(settings):
    assert price(settings, "acme/large", "2026-03-01", tier="batch").cost_usd == Decimal("1.4")
    assert price(settings, "acme/large", "2026-03-01", tier="flex") is None
    assert price(settings, "openai/gpt-4.1-mini", "2026-04-01", tier="batch") is None


def test_time_is_charged_where_it_is_known(settings):
    found = price(settings, "acme/gpu", "2026-03-01", seconds=2.5)
    assert (found.cost_usd, found.by_second) == (Decimal("0.0025"), True)
    assert price(settings, "acme/gpu", "2026-03-01") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("input_per_million_usd = -1\noutput_per_million_usd = 1", "greater than or equal to 0"),
        ("input_per_million_usd = nan\noutput_per_million_usd = 1", "finite"),
        ("input_per_million_usd = inf\noutput_per_million_usd = 1", "finite"),
        ("input_per_million_usd = true\noutput_per_million_usd = 1", "a price is a number"),
        ("input_per_million_usd = 'x'\noutput_per_million_usd = 1", "decimal"),
        ("input_per_million_usd = 2e6\noutput_per_million_usd = 1", "less than or equal"),
        ("input_per_million_usd = 1", "give both"),
        ("cached_input_per_million_usd = 1", "goes with"),
        ("since = 2026-01-01", "per_second_usd"),
        ("per_second_usd = 1\nsince = 'soon'", "date"),
        ("per_second_usd = 1\ncurrency = 'EUR'", "extra inputs"),
        ("per_second_usd = 1\ntier = 'gold'", "'standard', 'batch'"),
    ],
)
def test_nonsense_is_refused(settings, text, said):
    with pytest.raises(ConfigError, match=r"prices\.acme/m") as found:
        settings(f'[prices."acme/m"]\n{text}')
    assert said in str(found.value).lower()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[prices."local/x"]\nper_second_usd = 1', "embedded"),
        ("[prices.large]\nper_second_usd = 1", "pattern"),
        ('[[prices."a/m"]]\nper_second_usd = 1\n[[prices."a/m"]]\nper_second_usd = 2', "same day"),
        ('[prices]\n"a/m" = []', "at least 1"),
    ],
)
def test_a_table_that_cannot_be_meant_is_refused(settings, text, said):
    with pytest.raises(ConfigError, match=said):
        settings(text)


# gpt-5.4-mini has batch and flex prices in the installed table.
@pytest.mark.parametrize(
    ("tier", "is_cheaper"), [("batch", True), ("flex", True), ("gold", None), ("unknown", None)]
)
def test_a_tier_of_the_installed_table_is_never_billed_in_full(tier, is_cheaper):
    model = _model_with_variants()
    usage = Usage(input_tokens=1000, output_tokens=1000)
    full = PriceBook().price(model, usage)
    found = PriceBook().price(model, usage, tier=tier)
    assert (None if found is None else found.cost_usd < full.cost_usd) is is_cheaper


def test_a_model_without_that_tier_has_no_price_in_it():
    usage = Usage(input_tokens=1, output_tokens=1)
    assert PriceBook().price("openai/gpt-3.5-turbo-0301", usage, tier="priority") is None


def _model_with_variants():
    from genai_prices.data_snapshot import get_snapshot

    (provider,) = [p for p in get_snapshot().providers if p.id == "openai"]
    wanted = [{"processing": "batch"}, {"service_tier": "flex"}]
    for model in provider.models:
        whens = [v.when for v in model.price_variants or () if v.constraint is None]
        if all(when in whens for when in wanted):
            return f"openai/{model.id}"
    pytest.skip("no model of the table has both tiers")


@pytest.mark.parametrize(
    ("asked", "served", "tier"),
    [
        ({}, "", ""),
        ({"service_tier": "flex"}, "", "flex"),
        ({"service_tier": "flex"}, "default", ""),
        ({"service_tier": "auto"}, "priority", "priority"),
        ({}, "gold", "unknown"),
    ],
)
def test_the_tier_that_served_a_call_is_billed(asked, served, tier):
    seen = []

    class Book(PriceBook):
        def price(self, model, usage, **named):
            seen.append(named["tier"])
            return super().price(model, usage, **named)

    async def answer(request):
        return ChatResponse(
            text="", model="m", finish_reason="stop", usage=USAGE, response_id="r",
            latency_ms=1.0, endpoint="openai", service_tier=served,
        )  # fmt: skip

    call = chain([PricingInterceptor(Book())], answer)
    request = ChatRequest(model="openai/gpt-4.1-mini", messages=(), settings=asked)
    answered = asyncio.run(call(request))
    assert seen == [tier]
    assert bool(answered.price_source) == (answered.cost_usd is not None)
