from __future__ import annotations

import io
from decimal import Decimal

import pytest

from llmops_magics.command.consent import Consent, Console, PlanShown
from llmops_magics.errors import UsageError
from llmops_magics.evals.estimate import EvalEstimate
from llmops_magics.evals.planned_run import Figure, PlannedRun


def plan(cost="5"):
    nothing = Figure(value=None, source="")
    run = PlannedRun(
        target="p@1", model="openai/m", settings={}, calls=3, cached=None, judge_calls=0,
        input_tokens=nothing, output_tokens=nothing, cost_usd=Decimal(cost), cost_source="",
        floor_usd=Decimal(cost), ceiling_usd=Decimal(cost), unpriced_calls=0, seconds=nothing,
    )  # fmt: skip
    return EvalEstimate(
        dataset="d", cases=3, repeats=1, scorers=("contains",), judge_model="", runs=(run,)
    )


def consent(ask=None, **options):
    return Consent(console=Console(stream=io.StringIO(), ask=ask), above_usd=1, **options)


def unanswered(_question):
    raise NotImplementedError  # what a kernel without stdin raises


def test_the_plan_is_shown_and_a_small_one_asks_nothing():
    given = consent()
    given(plan("0.5"))
    assert "3 calls of openai/m" in given.console.stream.getvalue()


def test_a_dear_one_asks_and_goes_on_with_a_yes():
    asked = []
    consent(lambda question: asked.append(question) or " Yes\n")(plan())
    assert asked == ["It may cost $5.00. Go on? [y/N] "]


@pytest.mark.parametrize("answer", ["", "n", "no", "maybe"])
def test_anything_else_stops_it(answer):
    with pytest.raises(UsageError, match="nothing was spent"):
        consent(lambda _: answer)(plan())


@pytest.mark.parametrize("ask", [None, unanswered, io.StringIO().fileno])
def test_where_nobody_can_answer_the_error_names_yes(ask):
    with pytest.raises(UsageError, match="--yes") as stopped:
        consent(ask and (lambda question: ask() if ask != unanswered else ask(question)))(plan())
    assert "It may cost $5.00" in stopped.value.message


def test_in_a_gate_nobody_is_asked(monkeypatch):
    monkeypatch.setenv("LLMOPS_GATE", "1")
    with pytest.raises(UsageError, match="Nobody is here"):
        consent(lambda _: "y")(plan())


@pytest.mark.parametrize("options", [{"is_given": True}, {"max_cost_usd": Decimal(10)}])
def test_nothing_is_asked_where_it_was_said_before(options):
    consent(**options)(plan())


def test_only_the_plan():
    with pytest.raises(PlanShown) as shown:
        consent(is_plan_only=True)(plan())
    assert shown.value.planned.calls == 3
