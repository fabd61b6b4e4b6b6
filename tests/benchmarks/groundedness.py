"""Balanced accuracy of ``groundedness`` beside word overlap, on labelled answers.

    python tests/benchmarks/groundedness.py LABELS.jsonl

A row has context, answer, label (supported or unsupported) and source. An answer with an
unsupported sentence counts as called unsupported. Word overlap is the share of the answer's
words that the context holds, with the threshold that is best on the source itself (which
flatters it) and with the one that is best on the other sources. A constant predictor has 0.5.
"""

from __future__ import annotations

import json
import random
import re
import sys
from pathlib import Path

from llmops_magics.evals.scorers.groundedness import find_unsupported

RESAMPLES = 1000
Calls = list[tuple[bool, bool]]  # is supported, is called supported


def balanced_accuracy(calls: Calls) -> float:
    """Return the mean of the recalls of both classes."""
    recalls = []
    for truth in (True, False):
        hits = [called == truth for label, called in calls if label is truth]
        recalls.append(sum(hits) / len(hits))
    return sum(recalls) / 2


def interval(calls: Calls) -> tuple[float, float]:
    """Return the 95% percentile bootstrap interval, resampled within each class."""
    generator = random.Random(0)
    classes = [[c for c in calls if c[0] is truth] for truth in (True, False)]
    means = sorted(
        balanced_accuracy([call for c in classes for call in generator.choices(c, k=len(c))])
        for _ in range(RESAMPLES)
    )
    return means[int(0.025 * RESAMPLES)], means[int(0.975 * RESAMPLES)]


def overlap(row: dict[str, str]) -> float:
    """Return the share of the answer's words that stand in the context."""
    words = re.findall(r"\w+", row["answer"].lower())
    known = set(re.findall(r"\w+", row["context"].lower()))
    return sum(word in known for word in words) / max(1, len(words))


def overlap_accuracy(rows: list[dict[str, str]], threshold: float) -> float:
    """Return what word overlap reaches with a threshold."""
    return balanced_accuracy([(is_supported(row), overlap(row) >= threshold) for row in rows])


def best_threshold(rows: list[dict[str, str]]) -> float:
    """Return the threshold that is best on these rows."""
    return max((step / 20 for step in range(21)), key=lambda t: overlap_accuracy(rows, t))


def is_supported(row: dict[str, str]) -> bool:
    """Return the label."""
    return row["label"] == "supported"


def main(path: Path) -> None:
    """Print a line a source."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    for source in sorted({row["source"] for row in rows}):
        own = [row for row in rows if row["source"] == source]
        rest = [row for row in rows if row["source"] != source]
        calls = [(is_supported(r), not find_unsupported(r["answer"], r["context"])[0]) for r in own]
        low, high = interval(calls)
        print(
            f"{source} (n={len(own)}): groundedness {balanced_accuracy(calls):.3f} "
            f"[{low:.3f}, {high:.3f}]; word overlap tuned here "
            f"{overlap_accuracy(own, best_threshold(own)):.3f}, tuned on the rest "
            f"{overlap_accuracy(own, best_threshold(rest)):.3f}; constant 0.500"
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
