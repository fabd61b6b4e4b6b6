"""Eval throughput beside a bare ``AsyncOpenAI`` loop, in one run on one scripted server.

    python tests/benchmarks/eval_throughput.py [ROUNDS]

1,000 cases, 50 ms latency, concurrency 64. Ours with tracing, cost, cache and storage on; the bare
loop only calls. No question is asked twice, so the cache is written and never answers. The server
is a process of its own, so CPU seconds are the client's alone; start-up (imports, the first
connection) is left out on both sides by a warm-up. The two take turns. Beside other eval tools,
each in a process of its own, with memory: eval_peers.py.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from llmops_magics.testing import ScriptedProcess

CASES, LATENCY_S, CONCURRENCY = 1000, 0.05, 64
IDEAL_S = CASES * LATENCY_S / CONCURRENCY
NUMBERS = itertools.count()


def questions(count: int) -> list[str]:
    """Return questions that were never asked before."""
    return [f"What is {number} + 1?" for number in itertools.islice(NUMBERS, count)]


def bare(count: int) -> None:
    """Call the server with nothing but the openai client, in its default configuration."""
    import openai

    async def loop() -> None:
        limit = asyncio.Semaphore(CONCURRENCY)

        async def one(question: str) -> None:
            messages = [{"role": "user", "content": question}]
            async with limit:
                await client.chat.completions.create(model="scripted", messages=messages)

        async with openai.AsyncOpenAI() as client:
            await asyncio.gather(*(one(question) for question in questions(count)))

    asyncio.run(loop())


def ours(count: int) -> None:
    """Run the same calls as an eval."""
    import llmops_magics

    cases = [{"question": question, "expected": "Paris"} for question in questions(count)]
    run = llmops_magics.evaluate("sum", cases, ["exact_match"], concurrency=CONCURRENCY)
    llmops_magics.current_workspace().spans.flush()
    if run.summary.errors or len(run.samples) != count:
        raise SystemExit(f"the eval went wrong: {run.summary}")


def timed(work: Callable[[int], None]) -> tuple[float, float]:
    """Return (CPU seconds, wall seconds) of the work on all cases."""
    cpu, wall = time.process_time(), time.perf_counter()
    work(CASES)
    return time.process_time() - cpu, time.perf_counter() - wall


def main(rounds: int) -> None:
    """Print both sides, and the ratios round by round."""
    import llmops_magics

    llmops_magics.register_prompt("sum", "{{ question }}", model="openai/scripted")
    for work in (bare, ours):
        work(CONCURRENCY)
    pairs = [(timed(bare), timed(ours)) for _ in range(rounds)]
    for name, side in (("bare AsyncOpenAI", 0), ("llmops_magics", 1)):
        cpu = statistics.median(pair[side][0] for pair in pairs)
        wall = statistics.median(pair[side][1] for pair in pairs)
        print(
            f"{name:17} {cpu:5.2f} CPU s per 1,000 cases, wall {wall:5.2f} s = "
            f"{wall / IDEAL_S:4.2f} x ideal ({IDEAL_S:.2f} s)"
        )
    ratios = [(b[0] / a[0], b[1] / a[1]) for a, b in pairs]
    print(
        f"ours / bare: CPU {statistics.median(r[0] for r in ratios):.2f} (limit 1.5), "
        f"wall {statistics.median(r[1] for r in ratios):.2f} (limit 1.3), {rounds} rounds; "
        "the aim is 4 CPU s and 1.15 x ideal"
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, ScriptedProcess("Paris", latency_ms=50) as server:
        os.chdir(folder)
        Path("llmops.toml").touch()
        os.environ |= {"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": server.api_key}
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
