"""A prompt's service tier is sent, stands on the span, and is what the call is priced by."""

from __future__ import annotations

from decimal import Decimal

import openai
import pytest

from llmops_magics.cost.tier import billed_tier
from llmops_magics.models.chat import Usage
from llmops_magics.testing import Reply
from llmops_magics.tracing.instrument import OpenAIInstrumentation
from llmops_magics.workspace import Workspace

MODEL = "openai/gpt-5-mini"  # which has a price in each of these
USAGE = Usage(input_tokens=2000, output_tokens=1000)
REPLY = Reply("Paris", usage=(2000, 1000))


@pytest.fixture
def workspace(folder):
    workspace = Workspace(folder)
    yield workspace
    workspace.close()


def span_of(workspace):
    """The attributes of the only call, and what it costs by the prices of now."""
    (row,) = workspace.costs.report(reprice=True).rows
    with workspace.store.read() as connection:
        (attributes,) = connection.exec_driver_sql("SELECT attributes FROM span").scalars()
    return attributes, row.cost_usd


@pytest.mark.parametrize("tier", ["flex", "priority"])
def test_a_prompts_tier_is_sent_recorded_and_billed(workspace, endpoint, tier):
    server = endpoint(REPLY)
    workspace.prompts.register("p", "Hi", model=MODEL, settings={"service_tier": tier})
    cost = Decimal(workspace.prompts.ask("p", {}).cost_usd)
    assert server.requests[0]["service_tier"] == tier
    assert cost == workspace.prices.price(MODEL, USAGE, tier=tier).cost_usd
    assert cost != workspace.prices.price(MODEL, USAGE).cost_usd
    attributes, repriced = span_of(workspace)
    assert f'"openai.request.service_tier": "{tier}"' in attributes
    assert repriced == cost


def test_other_codes_tier_is_billed(workspace, endpoint):
    endpoint(REPLY)
    instrumentation = OpenAIInstrumentation(lambda: (workspace.tracing, True))
    instrumentation.start()
    openai.OpenAI().chat.completions.create(
        model="gpt-5-mini", messages=[{"role": "user", "content": "?"}], service_tier="flex"
    )
    instrumentation.stop()
    _, repriced = span_of(workspace)
    assert repriced == workspace.prices.price(MODEL, USAGE, tier="flex").cost_usd
    assert workspace.costs.report().rows[0].cost_usd == repriced


def test_the_tier_that_served_goes_before_the_one_that_was_asked_for():
    assert billed_tier("flex", "default") == ""
    assert billed_tier("auto", "priority") == "priority"
    assert billed_tier("flex", None) == "flex"
