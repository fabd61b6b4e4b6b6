"""How long datasets take: ``python tests/benchmarks/datasets.py [CASES ...]``.

Cases have a question of 12 words and a context of 40; 1 in 100 is nearly another. Times are in
seconds, of one run each; the memory is the largest this process ever had.
"""

from __future__ import annotations

import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from llmops_magics.datasets.dataset import dataset_from_rows
from llmops_magics.workspace import Workspace

VOCABULARY = 5_000


def make_rows(count: int) -> list[dict[str, Any]]:
    """Return rows that look like questions on documents, the same for each count."""
    draw = random.Random(20261123)
    words = [
        "".join(draw.choices("abcdefghijklmnop", k=draw.randint(3, 9))) for _ in range(VOCABULARY)
    ]
    rows = [
        {
            "id": f"case {n}",
            "question": " ".join(draw.choices(words, k=12)),
            "context": " ".join(draw.choices(words, k=40)),
            "expected": draw.choice(["yes", "no"]),
            "tags": [f"tag {n % 5}"],
        }
        for n in range(count)
    ]
    for n in range(0, count - 100, 100):
        rows[n + 1] |= {
            "question": rows[n]["question"],
            "context": f"{rows[n]['context']} and more",
        }
    return rows


def timed(name: str, work: Callable[[], Any]) -> Any:
    """Print how long some work took; return what it gave."""
    start = time.perf_counter()
    result = work()
    print(f"{name:<38}{time.perf_counter() - start:>8.2f} s")
    return result


def measure(folder: Path, count: int) -> None:
    """Print every figure of one size."""
    print(f"{count:,} cases")
    workspace = Workspace(folder)
    datasets, rows = workspace.datasets, make_rows(count)
    dataset = timed("rows to cases, with their digest", lambda: dataset_from_rows(rows, "big"))
    timed("register", lambda: datasets.register(dataset))
    timed("load", lambda: datasets.get("big"))
    more = [{"question": "one more", "context": "", "expected": "no"}]
    timed("add one case, with its check", lambda: datasets.add("big", more))
    timed("diff", lambda: datasets.diff("big@1", "big"))
    check = timed("check", lambda: datasets.check("big"))
    print(f"  {len(check.near):,} near pairs found of {len(range(0, count - 100, 100)):,}")
    for ending in ("jsonl", "csv", "parquet"):
        path = folder / f"big.{ending}"
        timed(f"export as {ending}", lambda path=path: datasets.export("big", path))
        timed(f"read {ending}", lambda path=path: datasets.read(path))
    workspace.close()
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{'largest memory':<38}{peak_mb:>8.0f} MB\n")


if __name__ == "__main__":
    for size in [int(word) for word in sys.argv[1:]] or [10_000, 100_000]:
        with tempfile.TemporaryDirectory() as place:
            measure(Path(place), size)
