"""How long ``%llm_cost`` and a Prometheus scrape take on many stored calls.

    python tests/benchmarks/cost_report.py [--calls 1000000] [--days 30]

A store is filled with calls of the past days, two a trace, of 5 models, 20 prompts in 3 versions
and 7 notebooks. Each report is taken as a process of its own would: the first one finds nothing
kept and adds up every day, later ones read those sums and the calls of this hour. Beside them
stands what no sums are kept of: by user, and calls priced again. At last it is measured what
dropping the sums of a period adds to storing a batch of spans.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from sqlalchemy import insert

from llmops_magics.cost.price import PriceBook
from llmops_magics.monitoring.exposition import exposition
from llmops_magics.storage.store import Store
from llmops_magics.storage.table import span as span_table
from llmops_magics.storage.table import trace as trace_table
from llmops_magics.tracing import semconv
from llmops_magics.tracing.content import messages_attribute
from llmops_magics.tracing.period import drop_periods
from llmops_magics.tracing.summary import fold
from llmops_magics.tracing.trace import Span
from llmops_magics.workbench.costs import Costs

QUESTION = "Say what the capital of France is, and why it is. " * 8
MODELS = [f"openai/gpt-4.1{size}" for size in ("", "-mini", "-nano")] + ["openai/gpt-4o", "x/y"]
BATCH = 500


def stored_calls(count: int, days: float) -> Iterator[Span]:
    """Yield calls, evenly spread over the days that end now."""
    chance = random.Random(1)
    content = messages_attribute([{"role": "user", "content": QUESTION}])
    end_ns = time.time_ns()
    step_ns = round(days * 86_400e9 / count)
    for number in range(count):
        attributes = {
            semconv.OPERATION: "chat",
            semconv.PROVIDER: "openai",
            semconv.REQUEST_MODEL: chance.choice(MODELS),
            semconv.PROMPT_REF: f"support/answer-{number % 20}@{number % 3}",
            semconv.PURPOSE: "generate",
            semconv.INPUT_TOKENS: 100 + number % 50,
            semconv.OUTPUT_TOKENS: 20,
            semconv.COST_USD: f"0.0001{number % 97:02d}",
            semconv.USER_ID: f"u{number % 997}",
            semconv.INPUT_MESSAGES: content,
        }
        if number % 2 == 0:
            attributes[semconv.NOTEBOOK] = f"n{number // 2 % 7}.ipynb"
        yield Span(
            trace_id=f"{number // 2:032x}",
            span_id=f"{number % 2:016x}",
            parent_id=f"{0:016x}" if number % 2 else None,
            name="chat",
            started_ns=end_ns - (count - number) * step_ns,
            duration_ms=chance.expovariate(1 / 800),
            status="error" if chance.random() < 0.001 else "ok",
            attributes=attributes,
        )


def fill(store: Store, count: int, days: float) -> None:
    """Store calls and the rows of their traces, as the writer does but faster."""
    spans = stored_calls(count, days)
    while batch := list(islice(spans, 20_000)):
        with store.write() as connection:
            connection.execute(insert(span_table), [vars(span) for span in batch])
            connection.execute(insert(trace_table), fold(batch, {}))


def timed(what: str, work: Callable[[], object]) -> None:
    """Print how long something takes."""
    before = time.perf_counter()
    work()
    print(f"{what:<42} {time.perf_counter() - before:7.2f} s", flush=True)


def reports(url: str) -> None:
    """Time each report on a store that was just opened."""
    week_ns = time.time_ns() - 7 * 86_400 * 10**9
    for what, work in (
        ("%llm_cost, nothing kept yet", lambda c, _: c.report()),
        ("%llm_cost", lambda c, _: c.report()),
        ("%llm_cost --by prompt --forecast", lambda c, _: c.report("prompt", with_forecast=True)),
        ("%llm_cost --since 7d", lambda c, _: c.report(since_ns=week_ns)),
        ("%llm_cost --since 7d, again", lambda c, _: c.report(since_ns=week_ns)),
        ("scrape", lambda _, store: exposition(store)),
        ("%llm_cost --by user", lambda c, _: c.report("user")),
        ("%llm_cost --reprice", lambda c, _: c.report(reprice=True)),
    ):  # fmt: skip
        store = Store.open(url)
        costs = Costs(lambda: store, PriceBook(), str)  # noqa: B023 -- used in this turn
        timed(what, lambda: work(costs, store))  # noqa: B023
        store.close()


def dropping(url: str) -> float:
    """Return the milliseconds that dropping the sums adds to a batch of spans."""
    store = Store.open(url)
    moments = [time.time_ns() - number * 10**6 for number in range(BATCH)]
    taken = []
    for _ in range(200):
        with store.write() as connection:
            before = time.perf_counter()
            drop_periods(connection, moments)
            taken.append((time.perf_counter() - before) * 1e3)
    store.close()
    return statistics.median(taken)


def main(args: argparse.Namespace) -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'llmops.db'}"
        store = Store.open(url)
        timed(f"{args.calls:,} calls stored", lambda: fill(store, args.calls, args.days))
        store.close()
        reports(url)
        print(f"{f'dropping sums, a batch of {BATCH} spans':<42} {dropping(url):7.3f} ms")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--days", type=float, default=30)
    main(parser.parse_args())
