"""Spans of personal data that detectors find, how many are right, and how quick they are.

    python tests/benchmarks/pii.py [SPANS.jsonl] [--benign TEXTS.jsonl]

Without a path it reads ../shared/data/pii/dev.jsonl (990 synthetic texts with spans), and with
--benign the texts labelled benign in a file such as ../shared/data/guard/train.jsonl.

    recall      spans of which at least half the characters are covered by findings
    precision   findings that overlap any span
    clean       texts none of whose spans is missed
    texts/s     per second of CPU, one thread; the texts as they are, and of 500 characters

Intervals of 95%: Wilson. The patterns look for seven kinds only; their recall over all types is
shown all the same. Below the table: recall by type, findings by kind on benign texts.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from llmops_magics.guard.detector import BatchDetector, Context, Detector
from llmops_magics.guard.finding import INCOMPLETE, Finding
from llmops_magics.guard.registry import detector
from llmops_magics.statistics.proportion import wilson_interval

DATA = Path(__file__).parents[3] / "shared/data/pii/dev.jsonl"
SPECS = ("pii", "pii-model")
LENGTH = 500


def scan(opened: Detector, texts: Sequence[str]) -> tuple[list[list[Finding]], float]:
    """Return the findings of each text, and the texts that are read in a second of CPU."""
    started = time.process_time()
    if isinstance(opened, BatchDetector):
        found = opened.scan_many(texts, Context())
    else:
        found = [opened.scan(text, Context()) for text in texts]
    rate = len(texts) / (time.process_time() - started)
    return [[f for f in each if f.kind != INCOMPLETE] for each in found], rate


def is_covered(span: dict[str, Any], findings: Sequence[Finding]) -> bool:
    """Tell whether findings cover at least half of a span."""
    characters = {c for f in findings for c in range(max(f.start, span["start"]), f.end)}
    inside = sum(c < span["end"] for c in characters)
    return 2 * inside >= span["end"] - span["start"]


def report(spec: str, rows: Sequence[dict[str, Any]]) -> Counter[str]:
    """Print a detector's line, and return how many spans of each type it found."""
    texts = [row["text"] for row in rows]
    opened = detector(spec)
    scan(opened, texts[:20])  # what is loaded late is loaded now
    found, rate = scan(opened, texts)
    long_texts = [(text * (LENGTH // max(len(text), 1) + 1))[:LENGTH] for text in texts if text]
    _, long_rate = scan(opened, long_texts[:200])
    hits: Counter[str] = Counter()
    clean = right = 0
    for row, findings in zip(rows, found, strict=True):
        covered = [span for span in row["spans"] if is_covered(span, findings)]
        hits.update(span["type"] for span in covered)
        clean += len(covered) == len(row["spans"])
        right += sum(
            any(f.start < s["end"] and s["start"] < f.end for s in row["spans"]) for f in findings
        )
    spans, predicted = sum(len(row["spans"]) for row in rows), sum(map(len, found))
    parts = [share(hits.total(), spans), share(right, predicted), f"{clean / len(rows):.3f}"]
    print(f"{spec:10} {'  '.join(parts)}  {rate:8.0f} {long_rate:8.0f}  {opened.version}")
    return hits


def share(hits: int, total: int) -> str:
    """Return a share with its interval."""
    interval = wilson_interval(hits, total)
    if interval is None:
        return "none"
    return f"{hits / total:.4f} [{interval.low:.3f}, {interval.high:.3f}]"


def false_alarms(path: Path) -> None:
    """Print how many findings of each kind benign texts have, and how many texts have any."""
    rows = [json.loads(line) for line in path.read_text("utf-8").rstrip("\n").split("\n")]
    texts = [row["text"][:2000] for row in rows if row["label"] == "benign"][::4]
    print(f"\nfindings in {len(texts)} benign texts (many hold real names, places and addresses)")
    for spec in SPECS:
        found, _ = scan(detector(spec), texts)
        kinds = Counter(f.kind for each in found for f in each)
        print(f"{spec:10} texts with any {sum(map(bool, found))}: {dict(kinds.most_common())}")


def main() -> None:
    """Measure both detectors on a file."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("path", nargs="?", type=Path, default=DATA)
    parser.add_argument("--benign", type=Path)
    options = parser.parse_args()
    if not options.path.is_file():
        raise SystemExit(f"{options.path} is not here; give a file with text and spans.")
    rows = [json.loads(line) for line in options.path.read_text("utf-8").rstrip("\n").split("\n")]
    totals = Counter(span["type"] for row in rows for span in row["spans"])
    print(f"{len(rows)} texts, {totals.total()} spans of {options.path.name}")
    print("detector   recall                 precision              clean   texts/s  500 chars")
    hits = {spec: report(spec, rows) for spec in SPECS}
    print("\nrecall by type" + "".join(f"{spec:>12}" for spec in SPECS))
    for label, total in totals.most_common():
        columns = "".join(f"{hits[spec][label] / total:12.3f}" for spec in SPECS)
        print(f"{label:18}{total:5}{columns}")
    if options.benign:
        false_alarms(options.benign)


if __name__ == "__main__":
    main()
