from __future__ import annotations

import math
import random

import numpy as np
import pytest
from statsmodels.stats.inter_rater import cohens_kappa

from llmops_magics.evals.calibration.agreement import (
    accuracy,
    balanced_accuracy,
    confusion,
    kappa,
    share,
)
from llmops_magics.statistics.proportion import wilson_interval


def pairs_of(yes_yes, yes_no, no_yes, no_no):
    return (
        [("yes", "yes")] * yes_yes
        + [("yes", "no")] * yes_no
        + [("no", "yes")] * no_yes
        + [("no", "no")] * no_no
    )


def test_kappa_by_hand():
    # agreed 35 of 50 = 0.7; by chance 0.5 x 0.6 + 0.5 x 0.4 = 0.5 (the textbook example)
    found = kappa(pairs_of(20, 5, 10, 15))
    assert found.value == pytest.approx(0.4)
    assert found.n == 50


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_kappa_and_its_variance_are_those_of_statsmodels(classes):
    generator = random.Random(classes)
    names = [f"c{i}" for i in range(classes)]
    human = generator.choices(names, weights=range(1, classes + 1), k=140)
    judged = [h if generator.random() < 0.6 else generator.choice(names) for h in human]
    found = kappa(list(zip(human, judged, strict=True)))
    cells = confusion(list(zip(human, judged, strict=True)), names)
    reference = cohens_kappa(np.array([c.n for c in cells]).reshape(classes, classes))
    assert found.value == pytest.approx(reference.kappa)
    reach = 1.959964 * reference.std_kappa / (1 - reference.kappa**2)
    assert math.atanh(found.low) == pytest.approx(math.atanh(reference.kappa) - reach)
    assert math.atanh(found.high) == pytest.approx(math.atanh(reference.kappa) + reach)


def test_agreement_in_every_case_has_a_width_too():
    found = kappa(pairs_of(30, 0, 0, 30))
    low = wilson_interval(60, 60).low
    assert (found.value, found.high) == (1, 1)
    assert found.low == pytest.approx((low - 0.5) / 0.5)
    balanced = balanced_accuracy(pairs_of(30, 0, 0, 30))
    assert balanced.value == balanced.high == 1
    assert 0.9 < balanced.low < 0.95


def test_a_judge_that_always_says_yes_agrees_by_chance_alone():
    found = kappa(pairs_of(80, 0, 20, 0))
    assert found.value == pytest.approx(0)
    assert accuracy(pairs_of(80, 0, 20, 0)).value == 0.8
    assert balanced_accuracy(pairs_of(80, 0, 20, 0)).value == 0.5


def test_what_cannot_be_stated_is_none():
    for nothing in ([], pairs_of(9, 0, 0, 0)):
        assert kappa(nothing).value is None
        assert balanced_accuracy(nothing).value is None
    assert accuracy([]).value is None
    assert balanced_accuracy(pairs_of(4, 5, 0, 0)).value is None


def test_balanced_accuracy_by_hand():
    # recalls 8/10 and 30/40; its interval recovers 0.8 - 0.4902 and 0.75 - 0.5981 (Wilson)
    found = balanced_accuracy(pairs_of(8, 2, 10, 30))
    first, second = wilson_interval(8, 10), wilson_interval(30, 40)
    assert found.value == pytest.approx(0.775)
    reach = ((0.8 - first.low) ** 2 + (0.75 - second.low) ** 2) ** 0.5 / 2
    assert found.low == pytest.approx(0.775 - reach)


def test_groups_of_like_cases_widen_every_interval():
    pairs = pairs_of(16, 4, 4, 16)
    doubled = [pair for pair in pairs for _ in range(2)]
    groups = [f"g{i}" for i in range(40) for _ in range(2)]
    for measure in (accuracy, balanced_accuracy, kappa):
        once, clustered, naive = measure(pairs), measure(doubled, groups), measure(doubled)
        assert clustered.value == pytest.approx(once.value)
        assert naive.high - naive.low < clustered.high - clustered.low
        assert clustered.high - clustered.low == pytest.approx(once.high - once.low, rel=0.15)
    assert kappa(doubled, groups).method.startswith("jackknife over groups")
    assert share([True, False], ["a", "a"]).method == "one group"


def test_confusion_counts_every_pair_of_classes():
    cells = confusion(pairs_of(3, 1, 0, 2), ("yes", "no"))
    assert [(c.human, c.judged, c.n) for c in cells] == [
        ("yes", "yes", 3), ("yes", "no", 1), ("no", "yes", 0), ("no", "no", 2),
    ]  # fmt: skip
