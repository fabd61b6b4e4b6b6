from __future__ import annotations

from decimal import Decimal

import pytest

from llmops_magics.errors import UsageError
from llmops_magics.evals.power import PowerPlan, assumed_power, power_of_run
from llmops_magics.evals.run import EvalRun, Sample, Score
from llmops_magics.evals.summary import summarise


def run(values, run_id="r"):
    """``values`` are those of one scorer: a list of repeats a case."""
    samples = tuple(
        Sample(
            case_id=f"c{k}", repeat=repeat, inputs={}, expected=None, output="", error="",
            scores=(Score(scorer="s", value=value),), latency_ms=1.0, input_tokens=1,
            output_tokens=1, cost_usd=Decimal(0),
        )
        for k, repeats in enumerate(values)
        for repeat, value in enumerate(repeats)
    )  # fmt: skip
    return EvalRun(
        run_id=run_id, prompt="p@1", prompt_digest="", dataset="d", dataset_digest="", model="m",
        resolved_models=(), repeats=1, started_at="", summary=summarise(samples, ["s"], 0.0),
        samples=samples,
    )  # fmt: skip


def only(report):
    (score,) = report.scores
    return score


def test_an_assumed_discordance():
    plan = PowerPlan(differences=(0.05, 0.5), cases=(314,))
    score = only(assumed_power(plan, discordance=0.1))
    five, half = score.needed
    assert (five.to_see, five.to_rule_out) == (312, 314)
    assert half.to_see is None  # more than can flip
    assert score.detectable[0].margin == pytest.approx(0.05, abs=1e-4)


def test_the_error_of_a_one_sided_5_percent():
    plan = PowerPlan(differences=(0.05,), error=0.1)
    assert only(assumed_power(plan, discordance=0.1)).needed[0].to_rule_out == 248


def test_two_runs_tell_how_many_cases_flip():
    new, old = run([[True]] * 9 + [[False]]), run([[True]] * 10, "old")
    score = only(power_of_run(new, PowerPlan(), against=old))
    assert (score.spread, score.is_proportion) == (0.1, True)
    assert score.source == "10 common cases of r and old"


def test_repeats_tell_what_chance_does():
    score = only(power_of_run(run([[True, True]] * 8 + [[True, False]] * 2), PowerPlan()))
    assert score.spread == pytest.approx(0.2)
    assert "what chance alone does" in score.source


def test_one_run_is_taken_for_two_unrelated_ones():
    score = only(power_of_run(run([[True]] * 8 + [[False]] * 2), PowerPlan()))
    assert score.spread == pytest.approx(2 * 0.8 * 0.2)
    numbers = only(power_of_run(run([[1.0], [2.0], [3.0]]), PowerPlan()))
    assert numbers.spread == pytest.approx(2**0.5)
    assert not numbers.is_proportion


def test_what_is_not_known_is_said():
    assert power_of_run(run([[True]] * 5), PowerPlan()).unknown[0].startswith("s: no case differs")
    assert power_of_run(run([["red"]] * 5), PowerPlan()).unknown == (
        "s: it has labels, or no value",
    )


@pytest.mark.parametrize(
    "wrong",
    [{"power": 1.0}, {"error": 0.0}, {"differences": (0.0,)}, {"cases": (0,)}, {"power": 0.01}],
)
def test_a_plan_that_cannot_be_is_refused(wrong):
    with pytest.raises(UsageError):
        PowerPlan(**wrong)


def test_wrong_assumptions_are_refused():
    for given in ({}, {"discordance": 0.1, "sd": 0.1}):
        with pytest.raises(UsageError, match="Give the discordance"):
            assumed_power(PowerPlan(), **given)
    with pytest.raises(UsageError, match="no discordance"):
        assumed_power(PowerPlan(), discordance=1.5)
    with pytest.raises(UsageError, match="'t' did not score"):
        power_of_run(run([[True]]), PowerPlan(), scorer="t")
