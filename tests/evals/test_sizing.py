"""Right-sizing by hand: the smallest model that is good enough, and when nobody can tell."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from llmops_magics.errors import UsageError
from llmops_magics.evals.sizing import right_size

sys.path.append(str(Path(__file__).parent))
from matrix_runs import make_run


def run_of(model, values, cost, **changes):
    return make_run(values, f"run-{model}", model=f"openai/{model}", cost=cost, **changes)


def test_the_cheapest_that_is_not_inferior():
    big = run_of("big", [True] * 360 + [False] * 40, "0.01")
    mid = run_of("mid", [True] * 360 + [False] * 40, "0.002")
    small = run_of("small", [True] * 300 + [False] * 100, "0.001")
    found = right_size([mid, small, big], margin=0.05)
    assert (found.verdict, found.chosen, found.reference) == ("PASS", "openai/mid", "openai/big")
    assert [m.model for m in found.models] == ["openai/small", "openai/mid", "openai/big"]
    assert [m.verdict for m in found.models] == ["inferior", "non-inferior", "reference"]
    assert found.confidence == pytest.approx(0.975)
    assert found.of("openai/small").scores[0].difference == pytest.approx(-0.15)
    assert "openai/mid is not inferior to openai/big by 0.05 in any score" in found.reason


def test_too_few_cases_are_inconclusive_and_say_how_many_more():
    values = [True] * 18 + [False] * 2
    flipped = [True] * 17 + [False, True, False]
    found = right_size([run_of("big", values, "0.01"), run_of("small", flipped, "0.001")])
    assert (found.verdict, found.chosen) == ("INCONCLUSIVE", "")
    # Two of 20 flip and none is lost on balance: 0.1 (1.96 + 0.84)^2 / 0.02^2 = 1,963 cases.
    assert found.models[0].more_cases == 1_943
    assert "about 1,943 more cases" in found.reason


def test_nine_cases_are_no_verdict():
    same = [True] * 9
    found = right_size([run_of("big", same, "0.01"), run_of("small", same, "0.001")], margin=0.9)
    assert "9 cases are too few, a verdict takes 10" in found.reason


def test_all_cheaper_ones_are_inferior():
    big = run_of("big", [True] * 100, "0.01")
    found = right_size([big, run_of("small", [False] * 100, "0.001")])
    assert (found.verdict, found.chosen) == ("KEEP", "openai/big")


def test_a_model_that_costs_more_is_never_chosen():
    same = [0.5, 0.6] * 50
    found = right_size(
        [run_of("a", same, "0.001"), run_of("b", same, "0.01")], reference="openai/a"
    )
    assert (found.verdict, found.chosen) == ("KEEP", "openai/a")


def test_failed_calls_count_as_the_worst():
    big = run_of("big", [True] * 200, "0.01")
    small = run_of("small", [True] * 200, "0.001")
    failed = tuple(
        replace(s, error="late", scores=()) if i < 20 else s for i, s in enumerate(small.samples)
    )
    found = right_size([big, replace(small, samples=failed)], margin=0.05)
    assert found.verdict == "KEEP"
    assert found.models[0].scores[0].difference == pytest.approx(-0.1)


def test_every_score_must_hold():
    good, bad = [0.9, 0.8] * 100, [0.2, 0.1] * 100
    big = run_of("big", {"ok": good, "clear": good}, "0.01")
    small = run_of("small", {"ok": good, "clear": bad}, "0.001")
    found = right_size([big, small], margin=0.05)
    assert [s.verdict for s in found.models[0].scores] == ["non-inferior", "inferior"]
    assert found.verdict == "KEEP"


def test_less_of_a_leak_is_better():
    big = run_of("big", {"pii_leak": [0.0, 0.2] * 50}, "0.01")
    leaky = run_of("small", {"pii_leak": [0.5, 0.7] * 50}, "0.001")
    assert right_size([big, leaky]).verdict == "KEEP"
    tight = run_of("small", {"pii_leak": [0.0, 0.1] * 50}, "0.001")
    assert right_size([big, tight]).verdict == "PASS"


def test_what_costs_nobody_knows_what():
    big, small = run_of("big", [True] * 20, "0.01"), run_of("own", [True] * 20, None)
    with pytest.raises(UsageError, match="price of openai/own is unknown"):
        right_size([big, small])
    found = right_size([big, small], reference="openai/big", margin=0.5)
    assert (found.verdict, found.reason) == ("INCONCLUSIVE", "The price of openai/own is unknown.")


@pytest.mark.parametrize(
    ("options", "said"),
    [({"margin": 0}, "above 0"), ({"reference": "openai/x"}, "none of the models")],
)
def test_what_cannot_be_meant(options, said):
    runs = [run_of("a", [True] * 20, "0.01"), run_of("b", [True] * 20, "0.001")]
    with pytest.raises(UsageError, match=said):
        right_size(runs, **options)
    with pytest.raises(UsageError, match="two models or more"):
        right_size(runs[:1])


def test_a_table_of_it():
    runs = [run_of("a", [True] * 20, "0.01"), run_of("b", [True] * 20, "0.001")]
    table = right_size(runs).to_pandas()
    assert list(table["model"]) == ["openai/b", "openai/a"]
    assert {"ok", "ok.low", "ok.difference_low", "cost_low_usd"} <= set(table.columns)
