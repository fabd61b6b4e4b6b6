"""Calls for vectors pass the same limits, caps and budgets as chat calls."""

from __future__ import annotations

from decimal import Decimal

import pytest

from llmops_magics.cost.cap import SpendingCap, capped
from llmops_magics.cost.price import PriceBook
from llmops_magics.cost.worst import AnswerLengths, WorstCase
from llmops_magics.errors import BudgetExceededError, CostCapError
from llmops_magics.models.embedding import EmbeddingRequest
from llmops_magics.models.loop import LOOP
from llmops_magics.testing import Reply
from llmops_magics.workspace import Workspace

MODEL = "openai/text-embedding-3-small"  # 0.02 US dollars a million tokens


def request(*texts):
    return EmbeddingRequest(model=MODEL, texts=texts)


@pytest.fixture
def workspace(folder):
    made = Workspace(folder)
    yield made
    made.client.close()
    made.close()


def test_the_worst_case_is_the_input_alone():
    """1,000 bytes, quotes, brackets and what is added lie within 5 steps of 256 tokens."""
    worst = WorstCase(PriceBook()).of(request("x" * 1000), AnswerLengths())
    assert worst == Decimal("0.02") * 5 * 256 / 1_000_000


def test_a_cap_holds(workspace, endpoint):
    server = endpoint(embeddings=Reply(usage=(200_000, 0)))  # 0.004 US dollars
    with capped(SpendingCap(Decimal("0.005"))) as cap:
        LOOP.run(workspace.client.embed(request("x" * 200_000)))
        assert cap.spent_usd == Decimal("0.004")
        with pytest.raises(CostCapError):
            LOOP.run(workspace.client.embed(request("x" * 200_000)))
    assert len(server.requests) == 1


def test_a_budget_holds(workspace, endpoint):
    server = endpoint(embeddings=Reply(usage=(200_000, 0)))
    workspace.costs.set_budget("0.005")
    LOOP.run(workspace.client.embed(request("x" * 200_000)))
    with pytest.raises(BudgetExceededError):
        LOOP.run(workspace.client.embed(request("x" * 200_000)))
    assert len(server.requests) == 1


def test_calls_are_tried_again_and_held_back(workspace, endpoint):
    server = endpoint(embeddings=[Reply.rate_limited(0.01), ""])
    response = LOOP.run(workspace.client.embed(request("one")))
    assert (response.retries, response.vectors.shape, len(server.requests)) == (1, (1, 384), 2)
