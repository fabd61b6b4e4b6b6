"""How many attacks the injection detector finds in texts it has not seen, and how quick it is.

    python tests/benchmarks/injection.py [LABELLED.jsonl] [--target-fpr 0.016] [--splits]

Without a path it reads ../shared/data/guard/train.jsonl, the texts that the shipped weights were
trained on, and says so where that is missing. Printed for the shipped detector: recall and
false-positive rate by source and category with 95% Wilson intervals, and texts a second of CPU, one
thread, texts of 500 characters. On the training texts themselves that flatters.

With --splits (minutes of CPU; needs scikit-learn and scipy) models are trained anew: with every
fourth variant of each attack left out, and with whole sources left out, attacks and harmless ones.
The threshold is the one with the target false-positive rate on the harmless texts that were left
out; the rules report as they are shipped. The second is what a new kind of attack meets.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from llmops_magics.guard.detector import Context
from llmops_magics.guard.detectors.injection import open_detector
from llmops_magics.guard.detectors.injection.detector import lower
from llmops_magics.guard.detectors.injection.rule import certain
from llmops_magics.guard.training.data import read_examples
from llmops_magics.statistics.proportion import wilson_interval

DATA = Path(__file__).parents[3] / "shared/data/guard/train.jsonl"
LENGTH = 500


def main() -> None:
    """Print the table of the shipped detector, then of both splits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="?", type=Path, default=DATA)
    parser.add_argument("--target-fpr", type=float, default=0.016)
    parser.add_argument("--splits", action="store_true")
    chosen = parser.parse_args()
    if not chosen.data.is_file():
        raise SystemExit(f"There is no {chosen.data}: give the path of labelled texts.")
    rows = read_examples(chosen.data)
    shipped(rows)
    if chosen.splits:
        lines = chosen.data.read_text("utf-8").split("\n")
        variants = [str(json.loads(line).get("variant", "")) for line in lines if line.strip()]
        by_variant = [hash_of(row, variant) for row, variant in zip(rows, variants, strict=True)]
        split(rows, by_variant, chosen.target_fpr, "variants left out")
        split(rows, None, chosen.target_fpr, "sources left out")


def hash_of(row: Any, variant: str) -> int:
    """Return the fold of a variant; a harmless text, or an only variant, is its own."""
    import zlib

    alone = variant in {"", "in_the_wild", "template", "dan"}
    return zlib.crc32((row.text if alone else f"{row.source}{variant}").encode()) % 4


def shipped(rows: list[Any]) -> None:
    """Print what the shipped detector finds in the texts."""
    detector = open_detector("")
    hits = [bool(detector.scan(row.text, Context())) for row in rows]
    print(f"shipped weights {detector.version}; texts it may have been trained on flatter it")
    table(rows, np.array(hits))
    texts = [(row.text * 40)[:LENGTH] for row in rows[::10] if row.text]
    began = time.process_time()
    for text in texts:
        detector.scan(text, Context())
    print(f"{len(texts) / (time.process_time() - began):.0f} texts of {LENGTH} characters a second")


def split(rows: list[Any], fold: list[int] | None, target: float, name: str) -> None:
    """Train on part of the texts, print what is found in the rest."""
    from llmops_magics.guard.training.edge import is_reported
    from llmops_magics.guard.training.fit import Bench

    bench = Bench(rows, fold=None if fold is None else np.array(fold))
    by_rule = np.array([certain(lower(row.text)) is not None for row in rows])
    hits = is_reported(bench.held_out(), target)
    print(f"\n{name}: the model at a false-positive rate of {target:.1%}, and the rules")
    table(rows, hits | by_rule)
    for low, high in pairwise((0, 200, 600, 1500, 10**9)):
        inside = np.array([low <= len(row.text) < high for row in rows])
        attacks = (hits | by_rule)[inside & bench.is_attack]
        print(f"{low} to {high} characters: recall {attacks.mean():.3f} of {len(attacks)}")


def table(rows: list[Any], hits: np.ndarray) -> None:
    """Print the share of texts that are reported, by source, and over all."""
    groups: dict[tuple[bool, str], list[bool]] = defaultdict(list)
    for row, hit in zip(rows, hits, strict=True):
        for name in (f"{row.source} / {row.category}", "all"):
            groups[(row.is_attack, name)].append(bool(hit))
    for (is_attack, name), found in sorted(groups.items(), reverse=True):
        count, total = sum(found), len(found)
        interval = wilson_interval(count, total)
        low, high = (interval.low, interval.high) if interval else (0.0, 1.0)
        kind = "attacks " if is_attack else "harmless"
        print(f"{kind} {count / total:6.3f} [{low:.3f}, {high:.3f}] {total:5d}  {name}")


if __name__ == "__main__":
    main()
