from __future__ import annotations

import pytest

from llmops_magics.datasets.case import Case
from llmops_magics.errors import UsageError
from llmops_magics.evals.calibration.label import read_labels


def cases_of(*values, column="label"):
    return [Case(id=f"c{i}", inputs={column: value}) for i, value in enumerate(values)]


def classes(*values, **options):
    return list(read_labels(cases_of(*values), **options).by_case.values())


@pytest.mark.parametrize(
    ("values", "read"),
    [
        ((True, False), ["yes", "no"]),
        ((1, 0), ["yes", "no"]),
        (("Supported", " unsupported "), ["yes", "no"]),
        (("Pass", "fail", "PASS"), ["yes", "no", "yes"]),
        ((0.2, 0.5, 0.9), ["no", "yes", "yes"]),
        (("red", "blue"), ["red", "blue"]),
    ],
)
def test_words_and_numbers_that_mean_yes_or_no(values, read):
    assert classes(*values) == read


def test_the_user_says_what_means_yes():
    assert classes("A", "b", "a", positive="a") == ["yes", "no", "yes"]
    assert classes(1, 4, 5, threshold=4) == ["no", "yes", "yes"]
    with pytest.raises(UsageError, match="No label in 'label' is 'x'"):
        classes("a", "b", positive="x")
    with pytest.raises(UsageError, match="numbers from 1 to 5"):
        classes(1, 4, 5)


def test_preferences():
    read = classes(1, "tie", "baseline", 0.5, "Candidate", is_preference=True)
    assert read == ["better", "tie", "worse", "tie", "better"]
    with pytest.raises(UsageError, match="'left' in 'label' is no preference"):
        classes("left", is_preference=True)


def test_where_labels_may_stand():
    labels = read_labels(cases_of(True, None, "", column="human"))
    assert (labels.column, labels.by_case, labels.unlabelled) == ("human", {"c0": "yes"}, 2)
    case = Case(id="a", inputs={}, expected="no", metadata={"review": "yes"})
    assert read_labels([case], column="review").by_case == {"a": "yes"}
    assert read_labels([case], column="expected").by_case == {"a": "no"}
    with pytest.raises(UsageError, match=r"No column label.*there are: expected, review"):
        read_labels([case])
    with pytest.raises(UsageError, match="No case has a label in 'verdict'"):
        read_labels([case], column="verdict")


@pytest.mark.parametrize(
    ("value", "read"),
    [(True, "yes"), (False, "no"), (0.5, "yes"), (0.49, "no"), ("Correct", "yes"), ("odd", "odd")],
)
def test_scores_become_the_labels_classes(value, read):
    labels = read_labels(cases_of("yes", "no"))
    assert labels.class_of(value) == read


def test_scores_that_words_cannot_be_held_against():
    labels = read_labels(cases_of("red", "blue"))
    assert labels.class_of(" red ") == "red"
    assert labels.classes(["green"]) == ("blue", "green", "red")
    with pytest.raises(UsageError, match="--positive WORD"):
        labels.class_of(True)


def test_the_order_of_classes():
    assert read_labels(cases_of("yes")).classes(["yes"]) == ("yes", "no")
    preferences = read_labels(cases_of("worse", "better"), is_preference=True)
    assert preferences.classes(["worse"]) == ("better", "worse")
    assert preferences.classes(["tie"]) == ("better", "tie", "worse")
    assert preferences.class_of(0.5) == "tie"
