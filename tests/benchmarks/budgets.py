"""Microseconds that budgets add to one model call, beside a bare chain with pricing.

    python tests/benchmarks/budgets.py [ROUNDS] [DATABASE URL]

The endpoint is a coroutine that answers at once. Without a database URL an SQLite file is used.
Variants take turns; the figures are medians over the rounds, less the bare chain's: CPU of this
process, and wall time. ``one budget`` holds a reservation and a settlement.
"""

from __future__ import annotations

import asyncio
import gc
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from llmops_magics.cost.budget import Budget
from llmops_magics.cost.budget_interceptor import BudgetInterceptor
from llmops_magics.cost.budget_registry import BudgetRegistry
from llmops_magics.cost.interceptor import PricingInterceptor
from llmops_magics.cost.price import PriceBook
from llmops_magics.cost.worst import WorstCase
from llmops_magics.models.chat import ChatRequest, ChatResponse, Usage
from llmops_magics.models.interceptor import Interceptor, chain
from llmops_magics.storage.store import Store

CALLS = 1000
REQUEST = ChatRequest(
    model="openai/gpt-4.1-mini",
    messages=({"role": "user", "content": "Say what the capital of France is. " * 30},),
    settings={"max_tokens": 200},
    prompt_ref="geo/capital@3",
)
ANSWER = ChatResponse(
    text="Paris is the capital of France. " * 30,
    model="gpt-4.1-mini",
    finish_reason="stop",
    usage=Usage(input_tokens=250, output_tokens=140),
    response_id="chatcmpl-1",
    latency_ms=50.0,
    endpoint="openai",
)


async def endpoint(_: ChatRequest) -> ChatResponse:
    """Answer at once."""
    return ANSWER


def microseconds(links: Sequence[Interceptor]) -> tuple[float, float]:
    """Return CPU and wall time a call."""
    call = chain(links, endpoint)

    async def work() -> None:
        for _ in range(CALLS):
            await call(REQUEST)

    gc.collect()
    cpu, wall = time.process_time(), time.perf_counter()
    asyncio.run(work())
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return cpu / CALLS * 1e6, wall / CALLS * 1e6


def main(rounds: int, url: str) -> None:
    """Print what each variant adds."""
    book = PriceBook()
    pricing = PricingInterceptor(book)
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(url or f"sqlite:///{Path(folder) / 'llmops.db'}", folder)
        budgets = BudgetInterceptor(lambda: store, WorstCase(book), timeout_s=60)
        registry = BudgetRegistry(store, lambda: "benchmark")
        limit = Decimal(1_000_000)
        sets = {
            "no budget": (),
            "budgets of others only": (Budget(scope="prompt:x", period="day", limit_usd=limit),),
            "one budget": (Budget(scope="workspace", period="day", limit_usd=limit),),
            "two budgets": (
                Budget(scope="workspace", period="day", limit_usd=limit),
                Budget(scope="prompt:geo/capital", period="month", limit_usd=limit),
            ),
        }
        taken: dict[str, list[tuple[float, float]]] = {name: [] for name in sets}
        for _ in range(rounds):
            for name, wanted in sets.items():
                for state in registry.list().budgets:
                    registry.remove(state.budget.name)
                for budget in wanted:
                    registry.set(budget)
                budgets.book.forget()
                bare, full = microseconds([pricing]), microseconds([budgets, pricing])
                taken[name].append((full[0] - bare[0], full[1] - bare[1]))
        store.close()
    for name, figures in taken.items():
        cpu, wall = (statistics.median(each) for each in zip(*figures, strict=True))
        print(f"{name:24} {cpu:8.1f} us CPU {wall:8.1f} us wall")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5, sys.argv[2] if len(sys.argv) > 2 else "")
