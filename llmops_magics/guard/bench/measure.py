"""What scores and spans add up to: threshold curves, the area under them, spans that meet."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import groupby

from llmops_magics.guard.bench.data import GoldSpan
from llmops_magics.guard.bench.report import CurvePoint

MAX_POINTS = 100
COVERED = 0.5
"""A gold span is found when at least this share of its characters is covered."""


def threshold_curve(scores: Sequence[float], labels: Sequence[bool]) -> tuple[CurvePoint, ...]:
    """Return recall, false alarms and precision at every score, from the highest threshold down.

    Empty unless there are both dangerous and harmless texts.
    """
    positives = sum(labels)
    negatives = len(labels) - positives
    if not positives or not negatives:
        return ()
    ranked = sorted(zip(scores, labels, strict=True), reverse=True)
    points, found, false = [], 0, 0
    for threshold, same in groupby(ranked, key=lambda each: each[0]):
        batch = [label for _, label in same]
        found += sum(batch)
        false += len(batch) - sum(batch)
        points.append(
            CurvePoint(
                threshold=threshold,
                recall=found / positives,
                fpr=false / negatives,
                precision=found / (found + false),
            )
        )
    return tuple(points)


def thinned(curve: Sequence[CurvePoint], most: int = MAX_POINTS) -> tuple[CurvePoint, ...]:
    """Return at most so many points, close together where false alarms are few.

    Of those with the same false alarms the one of most recall stays.
    """
    if len(curve) <= most:
        return tuple(curve)
    steps = [(n / (most - 1)) ** 2 for n in range(most)]
    rates = [point.fpr for point in curve]
    places = {max(bisect_right(rates, step) - 1, 0) for step in steps}
    return tuple(curve[place] for place in sorted({0, *places, len(curve) - 1}))


def at_most(curve: Sequence[CurvePoint], fpr: float) -> CurvePoint | None:
    """Return the point of most recall whose false alarms are at most ``fpr``, None if none is."""
    return next((point for point in reversed(curve) if point.fpr <= fpr), None)


def area(scores: Sequence[float], labels: Sequence[bool]) -> float | None:
    """Return the area under the ROC curve: how often a dangerous text outscores a harmless one.

    Ties count half. Source: Hanley and McNeil (1982), Radiology 143:29-36.
    """
    positives = sum(labels)
    negatives = len(labels) - positives
    if not positives or not negatives:
        return None
    rank_sum, before = 0.0, 0
    ranked = sorted(zip(scores, labels, strict=True))
    for _, same in groupby(ranked, key=lambda each: each[0]):
        batch = [label for _, label in same]
        rank_sum += sum(batch) * (before + (len(batch) + 1) / 2)
        before += len(batch)
    return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives)


def found_spans(gold: Sequence[GoldSpan], predicted: Sequence[tuple[int, int]]) -> int:
    """Return how many gold spans are covered by at least half."""
    covered = _joined(predicted)
    return sum(
        sum(max(0, min(end, g.end) - max(start, g.start)) for start, end in covered)
        >= COVERED * (g.end - g.start)
        for g in gold
    )


def right_spans(gold: Sequence[GoldSpan], predicted: Sequence[tuple[int, int]]) -> int:
    """Return how many predicted spans overlap a gold one; their kinds are not compared.

    Half covered and any overlap are a lenient pair: whoever flags whole texts is right in all
    that hold a span, and only the others tell.
    """
    return sum(any(start < g.end and g.start < end for g in gold) for start, end in predicted)


def _joined(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
