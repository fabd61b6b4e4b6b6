from __future__ import annotations

from dataclasses import replace

import pytest
from retrieval_parts import listed, make_check, queries, source

from llmops_magics.evals.retrieval.drift import CHANGED, INCONCLUSIVE, UNCHANGED, drift
from llmops_magics.evals.retrieval.stored_check import find_check, ranked_lists
from llmops_magics.retrieval.measure.ranking import Hit


def between(store, then, now, **changes):
    """Return the drift between two checks, the second one's report changed as told."""
    lists = []
    for found in (then, now):
        report = make_check(store, over=source(listed(found))).run()
        check = find_check(store, report.report_id)
        lists.append({"listed": ranked_lists(store, check).of("listed")})
    then_check = find_check(store, find_check(store, "newest").check_id)
    return drift(
        then_check, replace(report, **changes), tuple(lists), queries().queries, {}, redacted=True
    )


def test_nothing_moved(store):
    found = between(store, lambda n: [f"d{n}"], lambda n: [f"d{n}"])
    assert found.verdict == UNCHANGED
    assert found.retrievers[0].per_query == ()
    assert (found.retrievers[0].overlap, found.retrievers[0].queries) == (1, 8)


def test_what_entered_left_and_moved_with_scores(store):
    """q0 had d0 a b, and has b d0 c now: b up, d0 down, a left, c entered."""

    def then(number):
        return [f"d{number}", "a", "b"] if number == 0 else ["a"]

    def now(number):
        return ["b", f"d{number}", "c"] if number == 0 else ["a"]

    found = between(store, then, now)
    (retriever,) = found.retrievers
    (query,) = retriever.per_query
    assert found.verdict == CHANGED
    assert (retriever.changed, retriever.first_other) == (1, 1)
    assert [(m.document_id, m.kind, m.rank_then, m.rank_now) for m in query.movements] == [
        ("d0", "moved", 1, 2),
        ("b", "moved", 3, 1),
        ("a", "left", 2, None),
        ("c", "entered", None, 3),
    ]
    assert query.movements[0].is_relevant
    assert query.movements[0].score_then == 1
    assert query.movements[0].score_now == pytest.approx(1 / 2)
    assert query.overlap == 2 / 4
    assert retriever.overlap == pytest.approx((2 / 4 + 7) / 8)
    assert list(found.to_pandas()["kind"]) == ["moved", "moved", "left", "entered"]


def test_an_index_that_moved_meanwhile_voids_it(store):
    found = between(
        store, lambda n: [f"d{n}"], lambda n: ["a"], verdict=INCONCLUSIVE, reasons=("It moved.",)
    )
    assert (found.verdict, found.reasons) == (INCONCLUSIVE, ("It moved.",))


def test_scores_that_differ_in_the_last_bits_are_the_same(store):
    check = make_check(store, over=source(listed(lambda n: [f"d{n}"])))
    report = check.run()
    then = {"listed": {"q0": (Hit("d0", 0, 1, 0.3),)}}
    now = {"listed": {"q0": (Hit("d0", 0, 1, 0.3 + 1e-9),)}}
    later = {"listed": {"q0": (Hit("d0", 0, 1, 0.31),)}}
    stored = find_check(store, report.report_id)
    one = drift(stored, report, (then, now), queries().queries, {}, redacted=True)
    two = drift(stored, report, (then, later), queries().queries, {}, redacted=True)
    assert (one.verdict, two.verdict) == (UNCHANGED, CHANGED)
    assert two.retrievers[0].rescored == 1
