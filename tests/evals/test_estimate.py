from __future__ import annotations

import time
from decimal import Decimal

import pytest

from llmops_magics.config.routing import RouterSettings
from llmops_magics.datasets.dataset import dataset_from_rows
from llmops_magics.datasets.registry import DatasetRegistry
from llmops_magics.evals.estimate import estimate, reason_to_ask
from llmops_magics.evals.function_target import function_target
from llmops_magics.evals.history import RunHistory
from llmops_magics.evals.plan import EvalPlan
from llmops_magics.evals.run import RunSummary, ScoreSummary
from llmops_magics.evals.scorer import resolve
from llmops_magics.evals.target import PromptTarget

MODEL = "openai/gpt-4.1-mini"  # 0.40 dollars a million tokens in, 1.60 out


@pytest.fixture
def plan(version, dataset):
    """``plan(cases)`` of one prompt; 44 bytes are sent a case, which are 11 tokens."""

    def make(cases=20, **changes):
        target = PromptTarget(version=version("You are kind to people."))
        fields = {
            "target": target, "dataset": dataset(cases), "scorers": resolve(["contains"]),
            "model": MODEL, "concurrency": 4,
        }  # fmt: skip
        return EvalPlan(**(fields | changes))

    return make


def totals(answers=10, **changes):
    score = ScoreSummary(
        scorer="contains", mean=0.5, low=0.2, high=0.8, method="Wilson", n=answers, missing=0,
        not_applicable=0, is_proportion=True,
    )  # fmt: skip
    fields = {
        "samples": answers, "cases": answers, "errors": 0, "failed_cases": (), "scores": (score,),
        "latency_p50_ms": 500.0, "latency_p95_ms": 900.0, "input_tokens": 100 * answers,
        "output_tokens": 30 * answers, "cost_usd": Decimal("0.001") * answers,
        "unpriced_samples": 0, "wall_s": 5.0,
    }  # fmt: skip
    return RunSummary(**(fields | changes))


@pytest.fixture
def ran(store):
    """``ran(plan)`` puts a finished run of a plan into the store."""
    history = RunHistory(store)

    def finish(plan, config=None, **changes):
        DatasetRegistry(store).register(plan.dataset)
        run_id = history.start(
            plan.target, dataset_digest=plan.dataset.digest, model=plan.model, config=config or {}
        )
        history.finish(run_id, totals(**changes))
        return run_id

    return finish


def only(planned):
    (run,) = planned.runs
    return run


def test_nothing_earlier_the_text_tells_the_input_and_nothing_the_output(plan):
    run = only(estimate([plan()]))
    assert run.calls == 20
    text = "You are kind to people." + "question 1?"
    assert run.input_tokens.value == pytest.approx(20 * len(text) / 4, rel=0.05)
    assert "the text of 20 cases" in run.input_tokens.source
    assert (run.output_tokens.value, run.seconds.value, run.cost_usd) == (None, None, None)
    assert 0 < run.floor_usd < run.ceiling_usd
    assert run.cached is None


def test_an_earlier_run_of_the_same_tells_all(plan, store, ran):
    run_id = ran(plan())
    run = only(estimate([plan(40)], store=store))
    assert (run.input_tokens.value, run.output_tokens.value) == (4_000, 1_200)
    assert run.cost_usd == Decimal("0.04")
    assert run.seconds.value == 10 * 0.5  # 40 calls, 4 at once, half a second each
    assert run.output_tokens.source == run_id


def test_another_version_tells_the_output_alone(plan, version, store, ran):
    ran(plan())
    changed = PromptTarget(version=version("You are short.", number=2))
    run = only(estimate([plan(target=changed)], store=store))
    assert run.output_tokens.value == 600
    assert run.output_tokens.source.endswith(", another version")
    assert "the text of" in run.input_tokens.source
    tokens_in = run.input_tokens.value
    assert float(run.cost_usd) == pytest.approx(tokens_in * 4e-7 + 600 * 1.6e-6, rel=0.1)


def test_runs_that_tell_nothing_are_passed_over(plan, store, ran):
    ran(plan(), errors=10)
    ran(plan(), input_tokens=0, output_tokens=0, unpriced_samples=10)
    run = only(estimate([plan()], store=store))
    assert run.output_tokens.value is None
    assert run.cost_usd is None


def test_stored_answers_cost_nothing(plan, store, ran):
    ran(plan())
    half = estimate([plan()], store=store, is_cached=lambda p: p.sample_count // 2)
    assert (half.cached, half.cost_usd, half.input_tokens) == (10, Decimal("0.01"), 1_000)
    every = only(estimate([plan()], is_cached=lambda p: p.sample_count))
    assert (every.cost_usd, every.seconds.value, every.fresh) == (0, 0, 0)


def test_a_price_that_is_not_known_is_no_0(plan):
    run = only(estimate([plan(model="acme/m")]))
    assert (run.cost_usd, run.floor_usd, run.unpriced_calls) == (None, 0, 20)
    assert run.cost_source == "no price is known for acme/m"


def test_the_embedded_model_costs_nothing(plan):
    run = only(estimate([plan(model="local/smollm2-135m")]))
    assert (run.cost_usd, run.unpriced_calls) == (0, 0)


def test_a_limit_of_the_answer_bounds_the_cost(plan, version):
    short, long = (PromptTarget(version=version(settings={"max_tokens": n})) for n in (100, 10_000))
    costs = [only(estimate([plan(target=t)])).ceiling_usd for t in (short, long)]
    assert costs[0] < costs[1]


def test_a_function_tells_nothing_before_it_ran(plan, store, ran):
    def answer(q):
        return q

    planned = plan(target=function_target(answer), model="")
    run = only(estimate([planned], store=store))
    assert (run.input_tokens.value, run.cost_usd, run.unpriced_calls) == (None, None, 20)
    ran(planned)
    assert only(estimate([planned], store=store)).cost_usd == Decimal("0.02")


def test_judges_are_counted_where_the_case_has_what_they_need(plan):
    rows = [{"id": f"c{i}", "q": "?", "context": "a fact" if i < 3 else ""} for i in range(5)]
    planned = plan(
        dataset=dataset_from_rows(rows, "d"), scorers=resolve(["faithfulness"]), repeats=2
    )
    run = only(estimate([planned], judge_model="local/smollm2-135m"))
    assert run.judge_calls == 6
    dear = only(estimate([planned], judge_model=MODEL))
    assert dear.ceiling_usd > run.ceiling_usd


def test_a_judge_of_pairs_is_asked_in_both_orders_and_only_with_a_baseline(plan):
    planned = plan(scorers=resolve(["pairwise"]))
    assert estimate([planned]).judge_calls == 0
    assert [run.judge_calls for run in estimate([planned, plan(repeats=1)]).runs] == [40, 0]


def test_what_judges_cost_is_told_by_an_earlier_run(plan, store, ran):
    rows = [{"id": f"c{i}", "q": "?", "context": "a fact"} for i in range(10)]
    planned = plan(dataset=dataset_from_rows(rows, "d"), scorers=resolve(["faithfulness"]))
    ran(planned, config={"judges": {"faithfulness": {}}}, spent_usd=Decimal("0.03"))
    assert only(estimate([planned], store=store, judge_model=MODEL)).cost_usd == Decimal("0.03")


def test_an_aa_run_runs_the_last_plan_twice(plan):
    planned = estimate([plan(), plan(10)], aa=True)
    assert [run.calls for run in planned.runs] == [20, 10, 10]


def test_the_smallest_difference_comes_from_the_earlier_run_or_is_an_assumption(plan, store, ran):
    (assumed,) = estimate([plan(200)]).sensitivity
    assert (assumed.scorer, assumed.source) == ("", "if 10% of cases flip")
    assert assumed.difference == pytest.approx(0.0624, abs=1e-3)
    assert estimate([plan(2)]).sensitivity[0].difference is None
    ran(plan())
    (known,) = estimate([plan(200)], store=store).sensitivity
    assert known.scorer == "contains"
    assert known.difference > assumed.difference  # half of the cases may flip


def test_a_case_that_does_not_render_leaves_the_input_unknown(plan):
    broken = dataset_from_rows([{"id": "a", "other": 1}], "d")
    run = only(estimate([plan(dataset=broken)]))
    assert run.input_tokens.value is None
    assert "does not render" in run.input_tokens.source


def test_totals_are_unknown_where_one_is(plan):
    planned = estimate([plan(), plan(model="local/smollm2-135m")])
    assert (planned.calls, planned.cost_usd, planned.output_tokens) == (40, None, None)
    assert planned.to_dict()["cost_usd"] is None
    assert len(planned.to_pandas()) == 2


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"above_usd": 1}, ""),
        ({"above_usd": 0.001}, "It may cost $0.04"),
        ({"above_usd": 0.001, "max_cost_usd": Decimal(5)}, ""),
    ],
)
def test_one_asks_above_a_cost_unless_a_limit_is_given(plan, store, ran, options, said):
    ran(plan())
    assert reason_to_ask(estimate([plan(40)], store=store), **options).startswith(said)


def test_a_cost_that_is_not_known_counts_with_long_answers(plan):
    assert reason_to_ask(estimate([plan()]), above_usd=1) == ""
    assert "up to $" in reason_to_ask(estimate([plan(3_000)]), above_usd=1)


def test_calls_without_a_price_are_asked_about_when_they_are_many(plan):
    assert reason_to_ask(estimate([plan(model="acme/m")]), above_usd=0) == ""
    many = estimate([plan(1_001, model="acme/m")])
    assert reason_to_ask(many, above_usd=0) == "1,001 of its calls have no known price."


def test_1000_cases_are_planned_in_50_ms(plan, store, ran):
    planned = plan(1_000)
    ran(planned)
    estimate([planned], store=store)  # imports
    started = time.perf_counter()
    estimate([planned], store=store)
    assert time.perf_counter() - started < 0.25  # 15 ms on an idle machine


def test_a_router_is_planned_by_the_dearest_model_it_may_end_at(plan):
    routers = {
        "mixed": RouterSettings(strategy="fallback", models=("openai/gpt-4.1-nano", "router/in")),
        "in": RouterSettings(strategy="fallback", models=(MODEL,)),
        "all": RouterSettings(
            strategy="cascade", models=("openai/gpt-4.1-nano", MODEL), check=("contains",)
        ),
        "blind": RouterSettings(strategy="fallback", models=(MODEL, "acme/unheard-of")),
    }

    def planned(model):
        return only(estimate([plan(model=model)], routers=routers))

    assert planned("router/mixed").ceiling_usd == planned(MODEL).ceiling_usd > 0
    both = planned(MODEL).ceiling_usd + planned("openai/gpt-4.1-nano").ceiling_usd
    assert planned("router/all").ceiling_usd == both  # a cascade pays for both
    assert (planned("router/blind").unpriced_calls, planned("router/mixed").unpriced_calls) == (
        20,
        0,
    )
