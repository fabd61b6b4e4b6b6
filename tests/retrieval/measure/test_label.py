from __future__ import annotations

import pytest

from llmops_magics.retrieval.measure.label import check_labels
from llmops_magics.retrieval.measure.query import Query, Relevant

TEXTS = {"d": "One two three.   "}


def query(number, **label):
    relevant = (Relevant(**{"document_id": "d"} | label),)
    return Query(id=f"q{number}", text="What?", relevant=relevant)


@pytest.mark.parametrize(
    ("label", "fault"),
    [
        ({"document_id": "gone"}, "unknown document"),
        ({"start": 4, "end": 99}, "span outside"),
        ({"start": 7, "end": 4}, "span outside"),
        ({"start": -1, "end": 4}, "span outside"),
        ({"start": 15, "end": 17}, "no token"),
        ({"start": 4, "end": 7, "quote": "six"}, "other text"),
    ],
)
def test_a_label_that_nothing_can_satisfy(label, fault):
    found = check_labels([query(1, **label), query(2)], TEXTS)
    assert found.counts == {fault: 1}
    assert list(found.broken) == ["q1"]
    assert found.broken["q1"].startswith(fault)
    assert found.remarks[0].startswith("1 labels")


def test_labels_that_hold():
    queries = [query(1), query(2, start=4, end=7, quote="two"), query(3, start=4, end=7)]
    assert check_labels(queries, TEXTS).broken == {}


def test_what_is_judged_irrelevant_may_be_gone():
    assert check_labels([query(1, document_id="gone", grade=0)], TEXTS).broken == {}


@pytest.mark.parametrize(("broken", "is_conclusive"), [(0, True), (1, True), (2, False)])
def test_one_in_ten_may_be_broken(broken, is_conclusive):
    queries = [query(n, document_id="gone" if n < broken else "d") for n in range(10)]
    assert check_labels(queries, TEXTS).is_conclusive is is_conclusive


def test_a_remark_is_bounded():
    found = check_labels([query(n, document_id=f"gone{n}") for n in range(9)], TEXTS)
    (remark,) = found.remarks
    assert remark.startswith("9 labels name documents that the index does not hold: gone0, gone1")
    assert remark.endswith("gone4 and 4 more.")
