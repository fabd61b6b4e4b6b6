import pytest

from llmops_magics.guard.bench.data import GoldSpan
from llmops_magics.guard.bench.measure import (
    area,
    at_most,
    found_spans,
    right_spans,
    thinned,
    threshold_curve,
)

SCORES = [0.9, 0.8, 0.8, 0.3, 0.1]
LABELS = [True, True, False, True, False]


def test_a_curve_goes_down_over_the_scores():
    curve = threshold_curve(SCORES, LABELS)
    shown = [(p.threshold, p.recall, p.fpr, p.precision) for p in curve]
    assert shown == [
        (0.9, pytest.approx(1 / 3), 0.0, 1.0),
        (0.8, pytest.approx(2 / 3), 0.5, pytest.approx(2 / 3)),
        (0.3, 1.0, 0.5, 0.75),
        (0.1, 1.0, 1.0, 0.6),
    ]


def test_there_is_no_curve_of_one_kind_of_text():
    assert threshold_curve([0.1, 0.2], [True, True]) == ()
    assert area([0.1], [False]) is None


def test_the_threshold_at_a_target_is_the_one_of_most_recall():
    curve = threshold_curve(SCORES, LABELS)
    assert at_most(curve, 0.5).threshold == 0.3
    assert at_most(curve, 0.49).threshold == 0.9
    assert at_most(threshold_curve([0.9, 0.1], [False, True]), 0.5) is None


def test_the_area_counts_pairs_in_order_and_ties_half():
    # of 6 pairs: 0.9 beats both, 0.8 beats one and ties one, 0.3 beats one
    assert area(SCORES, LABELS) == pytest.approx(4.5 / 6)
    assert area([1, 1], [True, False]) == 0.5


def test_a_long_curve_keeps_its_ends_and_is_dense_where_false_alarms_are_few():
    n = 5_000
    curve = threshold_curve([1 - i / n for i in range(n)], [i % 2 == 0 for i in range(n)])
    few = thinned(curve)
    assert len(few) <= 100
    assert (few[0], few[-1]) == (curve[0], curve[-1])
    assert sum(point.fpr <= 0.1 for point in few) > 25


def test_of_points_with_the_same_false_alarms_the_one_of_most_recall_stays():
    scores = [1 - n / 1_000 for n in range(1_000)]
    curve = threshold_curve(scores, [n < 500 for n in range(1_000)])
    kept = thinned(curve)
    assert at_most(kept, 0.0).recall == at_most(curve, 0.0).recall == 1.0
    assert len(kept) <= 100


def test_a_gold_span_is_found_when_half_of_it_is_covered():
    gold = [GoldSpan(start=0, end=10, kind="a"), GoldSpan(start=20, end=30, kind="a")]
    assert found_spans(gold, [(0, 3), (2, 5)]) == 1  # 5 of 10, counted once
    assert found_spans(gold, [(0, 4)]) == 0
    assert found_spans(gold, [(0, 30)]) == 2
    assert right_spans(gold, [(9, 12), (10, 20), (29, 31)]) == 2
