"""Hits and false hits counted by hand, with vectors whose cosines are known."""

from __future__ import annotations

import numpy as np
import pytest

from llmops_magics.errors import DatasetError, UsageError
from llmops_magics.retrieval.semantic import measure, read_pairs


def embed(texts):
    """A text is its own angle in degrees: the cosine of two is that of their difference."""
    angles = np.radians([float(text) for text in texts])
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def pairs(same, different):
    rows = [{"a": "0", "b": str(angle), "same": True} for angle in same]
    rows += [{"a": "0", "b": str(angle), "same": "different"} for angle in different]
    return read_pairs(rows, "pairs.jsonl")


def test_rates_by_threshold():
    found = measure(pairs([0, 10, 60], [5, 50]), embed, thresholds=(0.99, 0.5, 0.9))
    assert [row.threshold for row in found.rows] == [0.5, 0.9, 0.99]
    assert [row.hit.hits for row in found.rows] == [3, 2, 1]  # cosines 1, 0.985, 0.5
    assert [row.false_hit.hits for row in found.rows] == [2, 1, 1]  # 0.996, 0.643
    assert found.rows[1].hit.rate == pytest.approx(2 / 3)
    assert found.nearest_different[0].similarity == pytest.approx(np.cos(np.radians(5)))
    assert found.usable is None
    assert found.reason.startswith("No threshold works: at every one at least 50.0%")


def test_no_false_hit_in_few_pairs_shows_nothing():
    found = measure(pairs([0], [60] * 20), embed)
    assert found.usable is None
    assert "20 different pairs are too few" in found.reason
    assert "about 380" in found.reason


def test_a_threshold_that_could_be_thought_of():
    found = measure(pairs([0, 5], [40] * 400), embed)  # a cosine of 0.766
    assert found.usable == 0.8
    assert found.rows[0].false_hit.rate == 1.0
    assert list(found.to_pandas()["threshold"]) == [row.threshold for row in found.rows]


def test_where_false_hits_are_few_nothing_is_hit():
    found = measure(pairs([60], [40] * 400), embed, thresholds=(0.7, 0.8))
    assert found.reason.endswith("nothing is hit.")


def test_where_no_false_hit_is_nothing_is_hit_either():
    found = measure(pairs([60], [40]), embed, thresholds=(0.7, 0.8))
    assert found.reason.endswith("none that is the same is.")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"a": "x", "same": True}, "a and b must be texts"),
        ({"a": "x", "b": "y", "same": "perhaps"}, "pair 1: same is 'perhaps'"),
        ({"a": "x", "b": "y"}, "same is None"),
    ],
)
def test_a_row_that_is_no_pair(row, said):
    with pytest.raises(DatasetError, match=said):
        read_pairs([row], "pairs.jsonl")


def test_both_kinds_are_needed():
    with pytest.raises(UsageError, match="1 pairs are the same and 0 different"):
        measure(pairs([0], []), embed)
    with pytest.raises(UsageError, match="between 0 and 1"):
        measure(pairs([0], [1]), embed, most_false=2)
