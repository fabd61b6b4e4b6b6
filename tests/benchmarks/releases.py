"""What releases cost: a rollback at the store, a cached get, an assignment, the poll.

    PYTHONPATH=. python tests/benchmarks/releases.py [RUNS]

The environment has a history of 2,000 changes and the trail 10,000 events. Each line gives the
smallest, the median and the 99th percentile. "Seen" is how long after a rollback's commit a client
that polls every second returns the older version.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from llmops_magics.audit import trail
from llmops_magics.prompts.client import PromptClient
from llmops_magics.prompts.registry import PromptRegistry
from llmops_magics.prompts.serving.assignment import assign
from llmops_magics.prompts.serving.plan import RolloutPlan
from llmops_magics.prompts.serving.pointer import read_changed_at, read_pointer
from llmops_magics.release.approval.bundle import bundle_of
from llmops_magics.release.environment import promotion, rollback
from llmops_magics.release.environment.state import Move
from llmops_magics.storage.store import Store

NAME, PLACE = "support/answer", "support/answer@production"
CHANGES, EVENTS = 2_000, 10_000
MOVE = Move(environment="production", prompt=NAME, label="production", actor="ada", reason="why")


def main() -> None:
    """Fill a store and print a line a figure."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/llmops.db"
        store = Store.open(url)
        bundles = fill(store)
        client = PromptClient(url, root=Path(folder), ttl_s=3600, poll_s=1.0)
        report("rollback at the store", [timed(lambda: back(store)) for _ in range(runs)], "ms")
        candidate(store, bundles)
        with store.glance() as reader:
            pointer = read_pointer(reader, "production", NAME)
        report("pointer read", [timed(lambda: look(store)) for _ in range(runs)], "ms")
        report("poll", [timed(lambda: poll(store)) for _ in range(runs)], "ms")
        client.get(PLACE)
        report("cached get, no key", many(lambda: client.get(PLACE)), "us")
        report("cached get with a key", many(lambda: client.get(PLACE, key="user 17")), "us")
        report("assignment", many(lambda: assign(pointer, "user 17")), "us")
        report("a rollback is seen", [seen(store, client, bundles) for _ in range(5)], "ms")
        client.close()
        store.close()


def fill(store: Store) -> list[object]:
    """Register two versions, and make a history and a trail."""
    registry = PromptRegistry(store, actor=lambda: "ada")
    versions = [registry.register(NAME, f"user:\n{text}") for text in ("one", "two")]
    bundles = [bundle_of(version, model="openai/m") for version in versions]
    with store.write() as connection:
        for number in range(EVENTS):
            trail.append(connection, actor="ada", action="note", resource=str(number), body={})
    with store.write() as connection:
        for number in range(CHANGES):
            promotion.promote(connection, MOVE, bundles[number % 2], RolloutPlan())
    return bundles


def back(store: Store) -> None:
    """Go back one step, which the long history has enough of."""
    with store.write(lock=f"prompt {NAME}") as connection:
        rollback.rollback(connection, MOVE)


def promote(store: Store, bundle: object, plan: RolloutPlan) -> None:
    """Serve a bundle."""
    with store.write(lock=f"prompt {NAME}") as connection:
        promotion.promote(connection, MOVE, bundle, plan)


def look(store: Store) -> None:
    """Read the pointer."""
    with store.glance() as reader:
        read_pointer(reader, "production", NAME)


def poll(store: Store) -> None:
    """Ask for the newest change."""
    with store.glance() as reader:
        read_changed_at(reader)


def seen(store: Store, client: PromptClient, bundles: list[object]) -> float:
    """Return the seconds until a client has what a rollback left."""
    back(store)
    began = time.perf_counter()
    while client.get(PLACE).pointer.candidate is not None:
        time.sleep(0.001)
    took = time.perf_counter() - began
    candidate(store, bundles)
    time.sleep(1.3)
    return took


def candidate(store: Store, bundles: list[object]) -> None:
    """Let the version that is not served have half."""
    with store.glance() as reader:
        stable = read_pointer(reader, "production", NAME).stable.number
    promote(store, bundles[2 - stable], RolloutPlan(steps=(50.0,)))


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that one call took."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def many(work: Callable[[], object], times: int = 2_000) -> list[float]:
    """Return the seconds a call took, in 50 rounds."""
    return [timed(lambda: [work() for _ in range(times)]) / times for _ in range(50)]


def report(name: str, seconds: list[float], unit: str) -> None:
    """Print smallest, median and 99th percentile."""
    scale = {"ms": 1e3, "us": 1e6}[unit]
    ordered = sorted(seconds)
    figures = ordered[0], statistics.median(ordered), ordered[int(0.99 * (len(ordered) - 1))]
    print(f"{name:24} " + "  ".join(f"{value * scale:8.3f} {unit}" for value in figures))


if __name__ == "__main__":
    main()
