"""CPU microseconds that limits, cache and cap add to one model call, beside a bare chain.

    python tests/benchmarks/model_calls.py [ROUNDS]

The endpoint is a coroutine that answers at once, so only the chain itself is counted. Variants
take turns; the figures are medians over the rounds, less the bare chain's.
"""

from __future__ import annotations

import asyncio
import gc
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from decimal import Decimal
from pathlib import Path

from llmops_magics.config.settings import Settings
from llmops_magics.cost.cap import CapInterceptor, SpendingCap, capped
from llmops_magics.cost.interceptor import PricingInterceptor
from llmops_magics.cost.price import PriceBook
from llmops_magics.models.cache import CachingInterceptor, ResponseCache, caching
from llmops_magics.models.chat import ChatRequest, ChatResponse, Usage
from llmops_magics.models.interceptor import Interceptor, chain
from llmops_magics.models.limits import LimitInterceptor
from llmops_magics.storage.store import Store

CALLS, CONCURRENCY = 2000, 64
LIMITED = {"requests_per_minute": 10**6, "tokens_per_minute": 10**9, "max_concurrency": 64}
ANSWER = ChatResponse(
    text="Paris is the capital of France. " * 20,
    model="gpt-4.1-mini",
    finish_reason="stop",
    usage=Usage(input_tokens=400, output_tokens=140),
    response_id="chatcmpl-1",
    latency_ms=50.0,
    endpoint="openai",
)


async def endpoint(_: ChatRequest) -> ChatResponse:
    """Answer at once."""
    return ANSWER


def question(number: int) -> ChatRequest:
    """Return a call of some 2,000 characters."""
    text = f"{number}: " + "Say what the capital of France is, and why. " * 45
    return ChatRequest(model="openai/gpt-4.1-mini", messages=({"role": "user", "content": text},))


def cpu_us(
    links: Sequence[Interceptor], around: Callable[[], AbstractContextManager[object]]
) -> float:
    """Return CPU microseconds a call, of all threads, writing included."""
    call = chain(links, endpoint)

    async def work(numbers: range) -> None:
        for number in numbers:
            await call(question(number))

    async def everything() -> None:
        with around():
            parts = [range(i, CALLS, CONCURRENCY) for i in range(CONCURRENCY)]
            await asyncio.gather(*(work(part) for part in parts))

    gc.collect()
    started = time.process_time()
    asyncio.run(everything())
    return (time.process_time() - started) / CALLS * 1e6


def main(rounds: int) -> None:
    """Print what each variant adds."""
    plain, limited = Settings(), Settings.model_validate({"endpoints": {"openai": LIMITED}})
    book = PriceBook()
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(f"sqlite:///{Path(folder) / 'llmops.db'}")
        cache = ResponseCache(lambda: store)
        caches = [CachingInterceptor(cache, plain)]
        variants: dict[
            str, tuple[Sequence[Interceptor], Callable[[], AbstractContextManager[object]]]
        ] = {
            "bare": ([], nullcontext),
            "no limits, no cap, cache off": (
                [*caches, LimitInterceptor(plain), CapInterceptor(book)],
                nullcontext,
            ),
            "limits of all three kinds": ([LimitInterceptor(limited)], nullcontext),
            "pricing alone": ([PricingInterceptor(book)], nullcontext),
            "cap and pricing": (
                [CapInterceptor(book), PricingInterceptor(book)],
                lambda: capped(SpendingCap(Decimal(1000))),
            ),
            "cache miss, kept": (caches, lambda: caching("refresh")),
            "cache hit": (caches, lambda: caching("use")),
        }
        taken: dict[str, list[float]] = {name: [] for name in variants}
        for _ in range(rounds):
            for name, (links, around) in variants.items():
                taken[name].append(cpu_us(links, around))
        store.close()
    for name, figures in taken.items():
        added = statistics.median(f - b for f, b in zip(figures, taken["bare"], strict=True))
        print(f"{name:32} {added:8.1f} us  (bare {statistics.median(taken['bare']):.1f})")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
