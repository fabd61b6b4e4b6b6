"""What tracing costs a call, and how long a search takes among many stored spans.

    python tests/benchmarks/tracing.py [--rounds 7] [--spans 100000]

A call of 1 kB in and 1 kB out to a coroutine that answers at once is made with tracing and without,
in turns; what tracing adds is the median of the paired differences in CPU microseconds, on the
caller's thread and in all, which includes writing to the store. For the searches a store is filled
with traces of five spans, two of them calls; the figure is about a million spans (--spans 1000000).
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from types import SimpleNamespace

from sqlalchemy import insert

from llmops_magics.models.chat import ChatRequest, ChatResponse, Usage
from llmops_magics.models.interceptor import chain
from llmops_magics.storage.store import Store
from llmops_magics.storage.table import span as span_table
from llmops_magics.storage.table import trace as trace_table
from llmops_magics.tracing import semconv
from llmops_magics.tracing.content import messages_attribute
from llmops_magics.tracing.interceptor import TracingInterceptor
from llmops_magics.tracing.pipeline import Tracing
from llmops_magics.tracing.summary import fold
from llmops_magics.tracing.trace import Span
from llmops_magics.tracing.writer import SpanWriter

CALLS = 2_000
KILOBYTE = "Say what the capital of France is, and why it is. " * 20
ANSWER = ChatResponse(
    text=KILOBYTE,
    model="gpt-4.1-mini-2025-04-14",
    finish_reason="stop",
    usage=Usage(input_tokens=250, output_tokens=250),
    response_id="chatcmpl-1",
    latency_ms=50.0,
    endpoint="openai",
    cost_usd="0.0005",
)
REQUEST = ChatRequest(
    model="openai/gpt-4.1-mini",
    messages=({"role": "user", "content": KILOBYTE},),
    prompt_ref="support/answer@7",
)
START_NS = 1_760_000_000_000_000_000


async def endpoint(_: ChatRequest) -> ChatResponse:
    """Answer at once."""
    return ANSWER


def added(rounds: int, store: Store) -> Iterator[tuple[str, list[float]]]:
    """Yield what tracing adds to a call, in microseconds a round."""
    writer = SpanWriter(lambda: store)
    tracing = Tracing(writer.put)
    traced = chain([TracingInterceptor(tracing, capture_content=True)], endpoint)
    bare = chain([], endpoint)

    def cpu(call: object) -> tuple[float, float]:
        async def work() -> float:
            before = time.thread_time()
            for _ in range(CALLS):
                await call(REQUEST)  # type: ignore[operator]
            return time.thread_time() - before

        gc.collect()
        before = time.process_time()
        caller = asyncio.run(work())
        writer.flush()
        return caller / CALLS * 1e6, (time.process_time() - before) / CALLS * 1e6

    cpu(traced)
    pairs = [(cpu(traced), cpu(bare)) for _ in range(rounds)]
    writer.close()
    yield "caller's thread", [t[0] - b[0] for t, b in pairs]
    yield "in all, written", [t[1] - b[1] for t, b in pairs]
    if writer.dropped:
        raise SystemExit(f"{writer.dropped} spans were dropped")


def stored_spans(count: int) -> Iterator[Span]:
    """Yield traces of five spans: a root, a retrieval, two calls and a tool."""
    chance = random.Random(1)
    content = messages_attribute([{"role": "user", "content": KILOBYTE[:400]}])
    for number in range(count // 5):
        trace_id, start = f"{number:032x}", START_NS + number * 10**9
        model = f"openai/model-{chance.choices(range(20), [2**-i for i in range(20)])[0]}"
        failed = chance.random() < 0.001
        common = {semconv.NOTEBOOK: f"n{number % 7}.ipynb", semconv.USER_ID: f"u{number % 997}"}
        call = {
            semconv.OPERATION: "chat",
            semconv.REQUEST_MODEL: model,
            semconv.PROMPT_REF: f"support/answer@{number % 9}",
            semconv.INPUT_TOKENS: 100,
            semconv.OUTPUT_TOKENS: 20,
            semconv.COST_USD: "0.0001",
            semconv.INPUT_MESSAGES: content,
        }
        kinds = (common, {semconv.OPERATION: "retrieval"}, call, call, {semconv.SPAN_KIND: "tool"})
        for index, attributes in enumerate(kinds):
            yield Span(
                trace_id=trace_id,
                span_id=f"{index:016x}",
                parent_id=None if index == 0 else f"{0:016x}",
                name=f"cell {number}" if index == 0 else f"step {index}",
                started_ns=start + index * 10**6,
                duration_ms=chance.expovariate(1 / 800),
                status="error" if failed and index == 3 else "ok",
                attributes=dict(attributes),
            )


def fill(store: Store, count: int) -> None:
    """Store spans and the rows of their traces, as the writer does but faster."""
    spans = stored_spans(count)
    while batch := list(islice(spans, 20_000)):
        with store.write() as connection:
            connection.execute(insert(span_table), [vars(span) for span in batch])
            connection.execute(insert(trace_table), fold(batch, {}))


def searches(store: Store) -> Iterator[tuple[str, list[float]]]:
    """Yield how long each search takes, in milliseconds."""
    from llmops_magics.tracing.search import TraceSearch, search
    from llmops_magics.tracing.stored import load_trace

    looks = {
        "newest": TraceSearch(),
        "errors": TraceSearch(errors=True),
        "slow": TraceSearch(slow=True),
        "a common model": TraceSearch(model="openai/model-0"),
        "a rare model": TraceSearch(model="openai/model-15"),
        "a user": TraceSearch(where="user = u5"),
        "no such prompt": TraceSearch(prompt="support/none"),
        "where": TraceSearch(where="latency_ms > 9000 and model = openai/model-3"),
        "where, nothing found": TraceSearch(where="cost_usd > 5 or failure = timeout"),
    }
    for name, look in looks.items():
        yield f"list: {name}", [_ms(lambda look=look: search(store, look)) for _ in range(3)]
    trace_id = search(store, TraceSearch(limit=1)).traces[0].trace_id
    yield "show one trace", [_ms(lambda: load_trace(store, trace_id)) for _ in range(3)]
    words = TraceSearch(text="capital of France")
    yield "text, common", [_ms(lambda: search(store, words)) for _ in range(3)]


def _ms(call: object) -> float:
    before = time.perf_counter()
    call()  # type: ignore[operator]
    return (time.perf_counter() - before) * 1e3


def main(args: SimpleNamespace | argparse.Namespace) -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(f"sqlite:///{Path(folder) / 'llmops.db'}")
        for name, figures in added(args.rounds, store):
            print(f"{name:32} {statistics.median(figures):9.1f} us  (least {min(figures):.1f})")
        store.close()
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(f"sqlite:///{Path(folder) / 'llmops.db'}")
        before = time.perf_counter()
        fill(store, args.spans)
        print(f"{args.spans:,} spans stored in {time.perf_counter() - before:.0f} s")
        for name, figures in searches(store):
            print(f"{name:32} {statistics.median(figures):9.1f} ms  (least {min(figures):.1f})")
        store.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--spans", type=int, default=100_000)
    main(parser.parse_args())
