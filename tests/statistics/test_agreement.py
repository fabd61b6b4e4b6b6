from __future__ import annotations

import pytest

from llmops_magics.statistics.agreement import ordinal_alpha

# Krippendorff (2011), section C: four observers, twelve units; his ordinal alpha is 0.815.
OBSERVERS = (
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
)


def test_the_published_example():
    rows = [line.split() for line in OBSERVERS]
    units = [[int(grade) for grade in unit if grade != "."] for unit in zip(*rows, strict=True)]
    assert ordinal_alpha(units) == pytest.approx(0.815, abs=0.0005)


def test_two_people_by_hand():
    # n = 6: 0 three times, 3 three times; d = (1.5 + 1.5)² = 9. Observed: one pair of 9, expected
    # 3 x 3 x 9 = 81: 1 - 5 x 9 / 81.
    assert ordinal_alpha([[0, 0], [3, 3], [0, 3]]) == pytest.approx(1 - 45 / 81)


def test_agreement_is_1_and_nothing_is_none():
    assert ordinal_alpha([[0, 0], [3, 3, 3], [1]]) == 1
    assert ordinal_alpha([]) is None
    assert ordinal_alpha([[1], [2]]) is None
    assert ordinal_alpha([[2, 2], [2, 2]]) is None
