"""What the prompt registry costs: resolve, register, log, diff, and a client's cached get.

    PYTHONPATH=. python tests/benchmarks/prompt_registry.py [RUNS]

Each line gives the smallest and the median wall time, and the median CPU time; a machine that is
shared is slow at times, and the smallest says what the code costs. "Cold" is a process of its own
that has imported the modules and opens the store anew.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from sqlalchemy import insert

from llmops_magics.prompts.registry import PromptRegistry
from llmops_magics.record import VIEWS, format_time, utc_now
from llmops_magics.storage.store import Store
from llmops_magics.storage.table import label_move, prompt_version

VERSIONS = 10_000
COLD = """
import sys, time
import sqlalchemy.dialects.sqlite.pysqlite
from llmops_magics.prompts.registry import PromptRegistry
from llmops_magics.storage.store import Store
wall, cpu = time.perf_counter(), time.process_time()
PromptRegistry(Store.open(sys.argv[1]), actor=lambda: "bench").get("small@candidate")
print(time.perf_counter() - wall, time.process_time() - cpu)
"""


def timed(work: Callable[[], object], runs: int, inner: int = 1) -> list[tuple[float, float]]:
    """Return wall and CPU seconds of one call, for each run of ``inner`` calls."""
    found = []
    for _ in range(runs):
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in range(inner):
            work()
        found.append(((time.perf_counter() - wall) / inner, (time.process_time() - cpu) / inner))
    return found


def report(what: str, found: list[tuple[float, float]], limit_ms: float | None = None) -> None:
    """Print one line of figures in milliseconds, and what they should stay below."""
    limit = f", limit {limit_ms:g} ms" if limit_ms else ""
    wall = [seconds * 1000 for seconds, _ in found]
    cpu = statistics.median(seconds * 1000 for _, seconds in found)
    print(
        f"{what:<42} min {min(wall):9.4f}  median {statistics.median(wall):9.4f}  "
        f"CPU {cpu:9.4f} ms   (n={len(found)}{limit})"
    )


def cold(url: str, runs: int) -> list[tuple[float, float]]:
    """Open the store and resolve once, in a new process each time."""
    command = [sys.executable, "-c", COLD, url]
    outputs = (
        subprocess.run(command, capture_output=True, check=True, text=True).stdout.split()
        for _ in range(runs)
    )
    return [(float(wall), float(cpu)) for wall, cpu in outputs]


def fill(store: Store, registry: PromptRegistry) -> None:
    """Write a prompt of many versions of about 1 kB, and two labels: one moved as often."""
    for name in ("many", "moved"):
        text = "You are number 0.\n" + "Answer in one sentence.\n" * 40
        registry.register(name, text)
        registry.label(name, "candidate")
    with store.read() as connection:
        of_name = prompt_version.select().where(prompt_version.c.name == "many")
        row = dict(connection.execute(of_name).mappings().one())
    now = format_time(utc_now())
    moved = {"name": "moved", "label": "candidate", "actor": "bench", "moved_at": now}
    numbers = range(2, VERSIONS + 1)
    with store.write() as connection:
        for name in ("many", "moved"):
            rows = [row | {"name": name, "number": number} for number in numbers]
            connection.execute(insert(prompt_version), rows)
        connection.execute(insert(label_move), [moved | {"number": n} for n in numbers])


def texts() -> Iterator[str]:
    """Give prompts of some lines that all differ."""
    number = 0
    while True:
        number += 1
        yield (
            "---\ndescription: Answers questions\nmodel: openai/gpt-4.1-mini\n"
            "settings: {temperature: 0.2}\n---\n"
            f"system:\nYou help customers of shop {number}.\n"
            "user:\nContext: {{ context }}\nQuestion: {{ question }}\n"
        )


def measure(folder: Path, runs: int) -> None:
    """Print every figure."""
    url = f"sqlite:///{folder / 'llmops.db'}"
    store = Store.open(url)
    registry = PromptRegistry(store, actor=lambda: "bench")
    registry.register("small", next(texts()))
    registry.label("small", "candidate")
    fill(store, registry)

    report("resolve by label", timed(lambda: registry.get("small@candidate"), runs, 200), 0.1)
    many = timed(lambda: registry.get("moved@candidate"), runs, 200)
    report(f"resolve, {VERSIONS:,} versions and moves", many, 0.1)
    report("cold: open the store and resolve", cold(url, runs), 5)
    source = texts()
    report("register", timed(lambda: registry.register("small", next(source)), runs * 10), 2)
    report("register, unchanged", timed(lambda: registry.register("same", "Hi"), runs * 10), 2)
    report(f"log of {VERSIONS:,} versions", timed(lambda: registry.log("many"), runs), 50)
    report("  and as many moves of a label", timed(lambda: registry.log("moved"), runs))
    _diff(registry, url, runs)
    _client(url, runs)
    store.close()


def _diff(registry: PromptRegistry, url: str, runs: int) -> None:
    import llmops_magics.views  # noqa: F401  (fills VIEWS)

    lines = [f"Rule {n}: answer question {n} in {n % 7} words or fewer.\n" for n in range(2200)]
    registry.register("large", "".join(lines))
    lines[::40] = [line.replace("fewer", "less") for line in lines[::40]]
    size = len(registry.register("large", "".join(lines)).source)

    def fresh() -> object:
        return PromptRegistry(Store.open(url), actor=lambda: "").diff("large@1", "large@2")

    report(f"diff of two {size // 1000} kB prompts, nothing cached", timed(fresh, runs), 100)
    found = registry.diff("large@1", "large@2")
    html = VIEWS[found.kind].html
    report("  and its HTML", timed(lambda: html(found), runs), 100)


def _client(url: str, runs: int) -> None:
    from llmops_magics.prompts.client import PromptClient

    with PromptClient(url) as client:
        client.get("small@candidate")
        report(
            "a client's cached get", timed(lambda: client.get("small@candidate"), runs, 5000), 0.005
        )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        measure(Path(place), int(sys.argv[1]) if len(sys.argv) > 1 else 15)
