"""A process that makes calls under a budget, and what the tests of budgets share."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from decimal import Decimal

from llmops_magics.cost.budget import Budget
from llmops_magics.cost.budget_interceptor import BudgetInterceptor
from llmops_magics.cost.budget_registry import BudgetRegistry
from llmops_magics.cost.interceptor import PricingInterceptor
from llmops_magics.cost.price import PriceBook
from llmops_magics.cost.worst import WorstCase
from llmops_magics.errors import BudgetExceededError
from llmops_magics.models.chat import ChatRequest, ChatResponse, Usage
from llmops_magics.models.interceptor import chain
from llmops_magics.storage.store import Store

# gpt-4.1-mini: $0.40 in and $1.60 out a million; the question's bound is 256 tokens (one step), so
# with 1,000 tokens out the worst case is 256 x 0.40 + 1000 x 1.60 = 1702.4 millionths.
REQUEST = ChatRequest(
    model="openai/gpt-4.1-mini",
    messages=({"role": "user", "content": "Capital?"},),
    settings={"max_tokens": 1000},
    prompt_ref="geo/capital@3",
)
WORST = Decimal("0.0017024")
COST = Decimal("0.0007424")  # 256 in, 400 out


class Wire:
    """An endpoint that answers with so many tokens, after a while."""

    def __init__(self, output_tokens=1000, *, error=None, usage=True, delay_s=0.001):
        self.output_tokens = output_tokens
        self.error = error
        self.usage = usage
        self.delay_s = delay_s
        self.calls = 0

    async def __call__(self, request):
        self.calls += 1
        await asyncio.sleep(self.delay_s)
        if self.error is not None:
            raise self.error
        usage = Usage(input_tokens=256, output_tokens=self.output_tokens)
        return ChatResponse(
            text="", model="m", finish_reason="stop", usage=usage if self.usage else None,
            response_id="r", latency_ms=1.0, endpoint="openai",
        )  # fmt: skip


def budgeted(store, wire, *, timeout_s=20.0, notices=None):
    """Return the interceptor and a call through it."""
    book = PriceBook()
    budgets = BudgetInterceptor(
        lambda: store, WorstCase(book), timeout_s=timeout_s, notices=notices
    )
    return budgets, chain([budgets, PricingInterceptor(book)], wire)


def registry(store, spent_since=None):
    return BudgetRegistry(store, lambda: "ada", spent_since)


def set_budget(store, limit, **terms):
    return registry(store).set(
        Budget(**{"scope": "workspace", "period": "day", "limit_usd": Decimal(limit), **terms})
    )


def call_many(call, count, request=REQUEST):
    """Make calls at once; return answers and errors."""

    async def work():
        return await asyncio.gather(*(call(request) for _ in range(count)), return_exceptions=True)

    return asyncio.run(work())


def run_many(url, artifacts, *, processes, calls, at_once):
    """Return what each process says: answered, refused, other errors, cost."""
    words = [sys.executable, __file__, url, artifacts, str(calls), str(at_once)]
    started = [
        subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(processes)
    ]
    ended = [process.communicate(timeout=280) for process in started]
    return [json.loads(out) if out else [0, 0, [err], "0"] for out, err in ended]


def check_many(store, said, limit):
    """Check that many processes together spent what they could and not a cent more."""
    assert [other for _, _, other, _ in said if other] == []
    answered = sum(a for a, _, _, _ in said)
    found = registry(store).show("workspace/day")
    assert found.spent_usd == sum(Decimal(c) for _, _, _, c in said) == answered * COST
    assert found.spent_usd <= limit
    assert found.held_usd == 0
    assert limit - found.spent_usd < WORST  # nobody was refused for nothing


def main(url, artifacts, count, at_once):
    """Make calls, so many at once, and print how many were answered, refused and failed."""
    store = Store.open(url, artifacts)
    _, call = budgeted(store, Wire(400, delay_s=0.01), timeout_s=120)
    outcomes = []
    for _ in range(int(count) // int(at_once)):
        outcomes += call_many(call, int(at_once))
    refused = [o for o in outcomes if isinstance(o, BudgetExceededError)]
    answered = [o for o in outcomes if isinstance(o, ChatResponse)]
    other = [repr(o) for o in outcomes if not isinstance(o, BudgetExceededError | ChatResponse)]
    cost = sum((Decimal(o.cost_usd) for o in answered), Decimal(0))
    print(json.dumps([len(answered), len(refused), other, str(cost)]))
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
