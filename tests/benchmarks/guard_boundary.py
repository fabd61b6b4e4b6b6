"""What the boundaries add to one model call, in milliseconds, beside a chain without them.

    python tests/benchmarks/guard_boundary.py [ROUNDS] [DETECTOR ...]

The endpoint is a coroutine that answers at once; question and answer have 500 characters each, all
of them different. Variants take turns; the figures are medians over the rounds, less the bare
chain's: CPU of this process, and wall time. ``no detector`` is what spans, threads and decisions
take. ``known`` sends the same texts again, as the past of a conversation is.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from llmops_magics.guard.registry import DEFAULT
from llmops_magics.models.chat import ChatRequest, ChatResponse
from llmops_magics.models.interceptor import Call, Interceptor, chain
from llmops_magics.workspace import Workspace

CALLS = 100
WORDS = "Say what the capital of France is, and why it has been that for so very long. "
TEXT = (WORDS * 10)[:490]
NUMBERS = itertools.count(10**8)


def text(*, known: bool) -> str:
    """Return 500 characters, different each time unless they are ``known``."""
    return f"{TEXT} {0 if known else next(NUMBERS):09d}"


async def endpoint(request: ChatRequest) -> ChatResponse:
    """Answer at once."""
    return ChatResponse(
        text=str(request.messages[0]["content"])[::-1],
        model="m",
        finish_reason="stop",
        usage=None,
        response_id="1",
        latency_ms=1.0,
        endpoint="openai",
    )


def milliseconds(call: Call, *, known: bool) -> tuple[float, float]:
    """Return CPU and wall time a call, one after the other."""

    async def work() -> None:
        for _ in range(CALLS):
            messages = ({"role": "user", "content": text(known=known)},)
            await call(ChatRequest(model="openai/m", messages=messages))

    cpu, wall = time.process_time(), time.perf_counter()
    asyncio.run(work())
    return (
        (time.process_time() - cpu) * 1000 / CALLS,
        (time.perf_counter() - wall) * 1000 / CALLS,
    )


def links(folder: Path, detectors: list[str] | None) -> list[Interceptor]:
    """Return tracing, and with detectors (none of them: an empty list) the guard."""
    folder.mkdir()
    if detectors is not None:
        # An empty list means the default ones; where no canary is planted this one ends at once.
        named = detectors or ["canary"]
        (folder / "llmops.toml").write_text(f"[guard]\ndetectors = {named}\n")
    os.environ["LLMOPS_CAPTURE"] = "none"
    workspace = Workspace(folder)
    tracing = workspace._recording.interceptor  # the chain without the wire
    guard = [] if detectors is None else [workspace.guard.interceptor(tracing.of_response)]
    return [tracing, *guard]


def main(rounds: int, detectors: list[str]) -> None:
    """Print a line a variant."""
    with tempfile.TemporaryDirectory() as place:
        variants: dict[str, tuple[list[str] | None, bool]] = {"bare": (None, False)}
        variants["no detector"] = ([], False)
        variants |= {name: ([name], False) for name in detectors}
        variants |= {"all": (detectors, False), "all, known": (detectors, True)}
        calls = {
            name: (chain(links(Path(place, str(number)), chosen), endpoint), known)
            for number, (name, (chosen, known)) in enumerate(variants.items())
        }
        for call, known in calls.values():
            milliseconds(call, known=known)  # loads what it needs
        taken: dict[str, list[tuple[float, float]]] = {name: [] for name in calls}
        for _ in range(rounds):
            for name, (call, known) in calls.items():
                taken[name].append(milliseconds(call, known=known))
        medians = {
            n: [statistics.median(c) for c in zip(*t, strict=True)] for n, t in taken.items()
        }
        cpu, wall = medians["bare"]
        print(f"bare chain: {cpu:.3f} ms CPU, {wall:.3f} ms a call")
        for name, found in medians.items():
            if name != "bare":
                print(f"{name:16} {found[0] - cpu:+9.3f} ms CPU {found[1] - wall:+9.3f} ms a call")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 5, sys.argv[2:] or list(DEFAULT))
