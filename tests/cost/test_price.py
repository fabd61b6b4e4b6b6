from __future__ import annotations

import time
from datetime import UTC, datetime
from decimal import Decimal

import genai_prices
import pytest

from llmops_magics.cost import price
from llmops_magics.cost.price import PriceBook
from llmops_magics.models.chat import Usage

MAY, JULY = datetime(2025, 5, 1, tzinfo=UTC), datetime(2025, 7, 1, tzinfo=UTC)


def test_cached_input_has_its_own_rate():
    usage = Usage(input_tokens=1000, output_tokens=200, cached_input_tokens=400)
    price = PriceBook().price("openai/gpt-4.1-mini", usage)
    # 600 x $0.40 + 400 x $0.10 + 200 x $1.60, a million
    assert price.cost_usd == Decimal("0.00060")
    assert price.text == "0.0006"
    assert price.source == f"genai-prices {genai_prices.__version__}"


def test_reasoning_stands_inside_output():
    usage = Usage(input_tokens=1000, output_tokens=200, reasoning_tokens=150)
    assert PriceBook().price("openai/gpt-4.1-mini", usage).cost_usd == Decimal("0.00072")


def test_the_embedded_model_costs_nothing():
    price = PriceBook().price("local/smollm2-135m", Usage(input_tokens=9, output_tokens=9))
    assert (price.cost_usd, price.text) == (0, "0")
    assert price.source == "embedded model: no API charge"


@pytest.mark.parametrize("model", ["openai/nobody-knows", "lab/gpt-4.1-mini", "gpt-4.1-mini", ""])
def test_an_unknown_price_is_none(model):
    assert PriceBook().price(model, Usage(input_tokens=1, output_tokens=1)) is None


@pytest.mark.parametrize("counts", [(1, 1, 2), (-1, 1, 0), (1, -1, 0)])
def test_an_impossible_usage_has_no_price(counts):
    given, produced, cached = counts
    usage = Usage(input_tokens=given, output_tokens=produced, cached_input_tokens=cached)
    assert PriceBook().price("openai/gpt-4.1-mini", usage) is None


def test_endpoints_can_be_named_as_providers_or_not():
    usage = Usage(input_tokens=1000, output_tokens=0)
    book = PriceBook({"work": "openai"})
    assert book.price("work/gpt-4.1-mini", usage).cost_usd == Decimal("0.0004")
    assert book.price("openai/gpt-4.1-mini", usage) is None


def test_a_price_is_that_of_its_time():
    usage = Usage(input_tokens=1000, output_tokens=0)
    costs = [PriceBook().price("openai/o3", usage, at=at).cost_usd for at in (MAY, JULY)]
    assert costs == [Decimal("0.01"), Decimal("0.002")]  # $10 a million, then $2


def test_tiers_count():
    usage = Usage(input_tokens=300_000, output_tokens=100)
    # above 272,000: $5 and $22.50 a million
    assert PriceBook().price("openai/gpt-5.4", usage).cost_usd == Decimal("1.50225")


def test_a_model_that_is_not_charged_by_tokens_has_no_price():
    usage = Usage(input_tokens=10, output_tokens=10)
    assert PriceBook().price("openai/whisper-1", usage) is None


def test_kept_rates_give_what_the_table_gives():
    from genai_prices.data_snapshot import get_snapshot

    (provider,) = [p for p in get_snapshot().providers if p.id == "openai"]
    usages = [
        Usage(input_tokens=1234, output_tokens=567, cached_input_tokens=89),
        Usage(input_tokens=300_001, output_tokens=7),
    ]
    kept = 0
    for model in provider.models:
        for usage in usages:
            now = PriceBook().price(f"openai/{model.id}", usage)
            table = price._look_up("openai", model.id, usage, datetime.now(UTC), "")
            assert now == table, model.id
            kept += (
                price._plain_rates("openai", model.id, "", int(time.time() // 60 * 60)) is not None
            )
    assert kept > 10
