from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from llmops_magics.config.settings import Settings
from llmops_magics.cost.cap import CapInterceptor, SpendingCap, capped
from llmops_magics.cost.interceptor import PricingInterceptor
from llmops_magics.cost.price import PriceBook
from llmops_magics.cost.worst import WorstCase
from llmops_magics.errors import CostCapError, EndpointError, ModelTimeoutError
from llmops_magics.models.chat import ChatRequest, ChatResponse, Usage
from llmops_magics.models.interceptor import chain

# gpt-4.1-mini: $0.40 in and $1.60 out a million. The question's bound is 256 tokens (one step),
# so with 1,000 tokens out the worst case is 256 x 0.40 + 1000 x 1.60 = 1702.4 millionths.
REQUEST = ChatRequest(
    model="openai/gpt-4.1-mini",
    messages=({"role": "user", "content": "Capital?"},),
    settings={"max_tokens": 1000},
)
WORST = Decimal("0.0017024")


class Wire:
    """An endpoint that answers with so many tokens, after a while."""

    def __init__(self, output_tokens=1000, *, error=None, usage=True):
        self.output_tokens = output_tokens
        self.error = error
        self.usage = usage
        self.calls = 0
        self.under_way = 0
        self.peak = 0

    async def __call__(self, request):
        self.calls += 1
        self.under_way += 1
        self.peak = max(self.peak, self.under_way)
        try:
            await asyncio.sleep(0.002)
        finally:
            self.under_way -= 1
        if self.error is not None:
            raise self.error
        usage = Usage(input_tokens=256, output_tokens=self.output_tokens)
        return ChatResponse(
            text="", model="m", finish_reason="stop", usage=usage if self.usage else None,
            response_id="r", latency_ms=1.0, endpoint="openai",
        )  # fmt: skip


def run(cap, wire, count=1, request=REQUEST):
    """Make calls at once under a cap; return answers and errors."""
    call = chain([CapInterceptor(PriceBook()), PricingInterceptor(PriceBook())], wire)

    async def work():
        with capped(cap):
            return await asyncio.gather(
                *(call(request) for _ in range(count)), return_exceptions=True
            )

    return asyncio.run(work())


def test_what_calls_cost_is_added_up():
    cap = SpendingCap(Decimal(1))
    run(cap, Wire(), 3)
    assert (cap.spent_usd, cap.held_usd, cap.uncertain_usd) == (3 * WORST, 0, 0)
    assert cap.left_usd == 1 - 3 * WORST


@pytest.mark.parametrize("output_tokens", [1000, 400, 1])
def test_the_limit_is_never_passed_by_16_at_once(output_tokens):
    cap, wire = SpendingCap(Decimal("0.05")), Wire(output_tokens)
    outcomes = run(cap, wire, 200)
    assert cap.spent_usd <= cap.limit_usd
    assert cap.held_usd == 0
    refused = [o for o in outcomes if isinstance(o, CostCapError)]
    assert len(refused) + wire.calls == 200
    if refused:  # and no more is left than one worst case
        assert cap.limit_usd - cap.spent_usd < WORST


def test_a_call_that_does_not_fit_yet_waits_for_others_to_settle():
    cap, wire = SpendingCap(3 * WORST), Wire(10)
    outcomes = run(cap, wire, 20)
    assert [type(o) for o in outcomes] == [ChatResponse] * 20
    assert wire.peak == 3


def test_a_call_that_does_not_fit_alone_is_refused_before_it_is_made():
    wire = Wire()
    [error] = run(SpendingCap(Decimal("0.001")), wire)
    assert isinstance(error, CostCapError)
    assert error.message == "the next call could cost $0.001702, and of $0.001 only $0.001 is left."
    assert "max_tokens" in error.hint
    assert wire.calls == 0


def test_a_call_without_a_price_is_refused():
    wire = Wire()
    [error] = run(SpendingCap(Decimal(1)), wire, request=replace(REQUEST, model="lab/m"))
    assert isinstance(error, CostCapError)
    assert "the price of lab/m is unknown" in error.message
    assert (wire.calls, bool(error.hint)) == (0, True)


def test_the_embedded_model_runs_under_any_cap():
    cap = SpendingCap(Decimal(0))
    [answer] = run(cap, Wire(), request=replace(REQUEST, model="local/smollm2-135m"))
    assert (answer.cost_usd, cap.spent_usd) == ("0", 0)


@pytest.mark.parametrize(
    ("error", "spent"),
    [
        (EndpointError("failed with status 500."), 0),
        (ModelTimeoutError("late.", may_be_billed=True), WORST),
        (ValueError("a bug"), WORST),
    ],
)
def test_a_failed_call_counts_if_it_may_be_billed(error, spent):
    cap = SpendingCap(Decimal(1))
    run(cap, Wire(error=error))
    assert (cap.spent_usd, cap.uncertain_usd, cap.held_usd) == (spent, spent, 0)


def test_an_answer_without_usage_counts_as_its_worst_case():
    cap = SpendingCap(Decimal(1))
    run(cap, Wire(usage=False))
    assert (cap.spent_usd, cap.uncertain_usd) == (WORST, WORST)


def test_a_cancelled_call_counts_as_its_worst_case():
    cap = SpendingCap(Decimal(1))
    call = chain([CapInterceptor(PriceBook())], Wire())

    async def work():
        with capped(cap):
            await asyncio.wait_for(call(REQUEST), 0.0001)

    with pytest.raises(TimeoutError):
        asyncio.run(work())
    assert (cap.spent_usd, cap.held_usd) == (WORST, 0)


def test_a_call_that_is_cancelled_while_it_waits_costs_nothing():
    cap, wire = SpendingCap(WORST), Wire(0)
    call = chain([CapInterceptor(PriceBook()), PricingInterceptor(PriceBook())], wire)

    async def work():
        with capped(cap):
            calls = [asyncio.create_task(call(REQUEST)) for _ in range(3)]
            await asyncio.sleep(0.001)
            calls[1].cancel()
            return await asyncio.gather(*calls, return_exceptions=True)

    outcomes = asyncio.run(work())
    assert isinstance(outcomes[1], asyncio.CancelledError)
    assert (wire.calls, cap.held_usd, cap.uncertain_usd) == (1, 0, 0)  # 256 in leave no room


def test_without_max_tokens_the_longest_answer_seen_is_the_measure():
    request = replace(REQUEST, settings={})
    cap = SpendingCap(Decimal(1))
    assert cap.most_output(request.model, {}) == 4096
    run(cap, Wire(700), 2, request)
    assert cap.most_output(request.model, {}) == 1400
    run(cap, Wire(10), 1, request)
    assert cap.most_output(request.model, {}) == 1400
    assert cap.most_output("openai/other", {"n": 2}) == 8192


def test_an_answer_longer_than_expected_shows_as_an_overrun():
    cap = SpendingCap(Decimal("0.007"))  # 4,096 tokens out fit
    run(cap, Wire(10_000), request=replace(REQUEST, settings={}))
    assert cap.overrun_usd == cap.spent_usd - cap.limit_usd > 0
    [error] = run(cap, Wire())
    assert isinstance(error, CostCapError)


def test_without_a_cap_calls_just_pass():
    [answer] = run(None, Wire(), request=replace(REQUEST, model="lab/m"))
    assert answer.cost_usd is None


def test_what_is_advised_makes_the_worst_case_smaller():
    book = PriceBook.of(
        Settings.model_validate(
            {"prices": {"acme/embed": {"input_per_million_usd": 9, "output_per_million_usd": 0}}}
        )
    )
    worst = WorstCase(book)
    assert worst.advice(REQUEST) == ", or lower max_tokens in the call's settings"
    assert (
        worst.advice(replace(REQUEST, settings={})) == ", or set max_tokens in the call's settings"
    )
    assert worst.advice(replace(REQUEST, model="acme/embed")) == ""
    (error,) = run(SpendingCap(WORST / 2), Wire())
    assert error.hint.startswith("Raise --max-cost, or lower max_tokens")
