"""Which one is chosen, with scores that can be checked by hand."""

from __future__ import annotations

import random

import numpy as np
import pytest

from llmops_magics.evals.retrieval.sweep.choice import Scores, cheapest, choose, optimism
from llmops_magics.evals.retrieval.sweep.trial import Measured


def measured(values, *, tokens=100.0, ms=5.0, chunks=10):
    return Measured(
        chunker="whole", embedding="local", retriever="dense", k=5, chunks=chunks, too_long=0,
        tokens=0, cost_usd=None, context_tokens=tokens, ms_per_query=ms,
        values={"ndcg": tuple(values)},
    )  # fmt: skip


def chosen(rows, margin=0.0):
    count = len(rows[0].values["ndcg"])
    scores = Scores(rows, "ndcg", [""] * count)
    return choose(rows, scores, range(len(scores.places)), margin)


def test_the_best_and_the_cheapest_that_is_not_worse():
    best = measured([1.0] * 19 + [0.0] + [1.0] * 20, tokens=1000)
    alike = measured([1.0] * 18 + [0.0] * 2 + [1.0] * 20, tokens=300)
    worse = measured([1.0] * 20 + [0.0] * 20, tokens=100)
    choice = chosen([worse, alike, best])
    assert (choice.best, choice.cheapest) == (2, 1)
    assert [s.verdict for s in choice.standings] == ["worse", "within noise", "best"]
    assert choice.standings[0].difference.difference == pytest.approx(-19 / 40)


def test_what_is_worse_only_alone_is_doubtful_and_not_chosen():
    best = measured([1.0] * 30, tokens=1000)
    six_less = [measured([0.0] * 6 + [1.0] * 24, tokens=100) for _ in range(4)]
    choice = chosen([best, *six_less])
    assert choice.standings[1].difference.p_value == pytest.approx(1 / 32)  # 2 / 2^6
    assert choice.standings[1].p_adjusted == pytest.approx(4 / 32)
    assert {s.verdict for s in choice.standings[1:]} == {"doubtful"}
    assert choice.cheapest == choice.best == 0


def test_a_margin_asks_for_the_whole_interval():
    best = measured([1.0] * 40, tokens=1000)
    near = measured([0.999] * 40, tokens=100)
    noisy = measured([0.0] * 2 + [1.0] * 38, tokens=50)
    assert chosen([best, near, noisy]).cheapest == 2
    assert chosen([best, noisy], margin=0.02).cheapest == 0


def test_queries_without_a_value_take_no_part():
    rows = [measured([None, 1.0, 0.0]), measured([None, 0.0, 0.0])]
    assert Scores(rows, "ndcg", ["", "", ""]).places == [1, 2]


def test_the_cheapest_by_tokens_then_time_then_chunks():
    rows = [
        measured([1.0], tokens=100, ms=20, chunks=5),
        measured([1.0], tokens=101, ms=5, chunks=9),
        measured([1.0], tokens=102, ms=6, chunks=7),
        measured([1.0], tokens=103, ms=1, chunks=1),
    ]
    assert cheapest(rows, range(4), best=0) == 2
    assert cheapest(rows, [0, 3], best=0) == 0


def test_optimism_of_one_is_nothing_and_grows_with_how_many_are_alike():
    dice = np.random.default_rng(1)
    noise = dice.random((50, 60))
    assert optimism(noise[:1], [""] * 60) == pytest.approx(0, abs=0.005)
    few, many = optimism(noise[:2], [""] * 60), optimism(noise, [""] * 60)
    assert 0 < few < many < 0.15


def test_queries_of_a_group_are_drawn_together():
    random.seed(2)
    values = np.array([[random.random()] * 10 + [random.random()] * 10 for _ in range(10)])
    grouped = optimism(values, ["a"] * 10 + ["b"] * 10)
    assert grouped > 2 * optimism(values, [""] * 20)
