"""A measurement looks into the store first, and calls no model when it finds a run there."""

import pytest

from llmops_magics.datasets.loader import load
from llmops_magics.errors import DatasetError
from llmops_magics.evals.attribution.measure import Measurer
from llmops_magics.evals.scorer import resolve
from llmops_magics.testing import Reply
from llmops_magics.workspace import Workspace

CASES = [{"id": str(n), "country": f"c{n}", "expected": "Paris"} for n in range(4)]
MODEL = "openai/gpt-4.1"


@pytest.fixture
def workspace(folder):
    made = Workspace(folder)
    made.prompts.register("p", "Capital of {{ country }}?")
    yield made
    made.close()


@pytest.fixture
def measure(workspace):
    return workspace._evaluating.evaluations.measurer()


def measured(measure, workspace, scorers=("contains",), cases=CASES, model=MODEL):
    return measure(workspace.prompts.get("p"), load(cases), resolve(scorers), model)


def test_a_stored_run_is_used_again(workspace, measure, endpoint):
    server = endpoint("Paris")
    first, again = (measured(measure, workspace) for _ in range(2))
    assert (first.reused, again.reused, len(server.requests)) == (False, True, 4)
    assert again.run.run_id == first.run.run_id
    assert again.run.summary.scores == first.run.summary.scores


@pytest.mark.parametrize(
    "changed",
    [
        {"scorers": ("exact_match",)},
        {"model": "openai/gpt-4.1-mini"},
        {"cases": CASES[:3]},
    ],
)
def test_another_scorer_model_or_dataset_is_another_run(workspace, measure, endpoint, changed):
    endpoint("Paris")
    measured(measure, workspace)
    assert not measured(measure, workspace, **changed).reused


def test_fewer_scorers_are_a_part_of_a_stored_run(workspace, measure, endpoint):
    endpoint("Paris")
    measured(measure, workspace, scorers=("contains", "token_f1"))
    again = measured(measure, workspace, scorers=("token_f1",))
    assert again.reused
    assert [score.scorer for score in again.run.summary.scores] == ["token_f1"]


def test_a_run_with_a_failed_call_is_not_used_again(workspace, measure, endpoint):
    server = endpoint([Reply.error(400), *["Paris"] * 7])
    assert measured(measure, workspace).run.summary.errors == 1
    again = measured(measure, workspace)
    assert (again.reused, again.run.summary.errors) == (False, 0)
    assert len(server.requests) == 5  # three answers came from the cache


def test_a_case_that_lacks_a_variable_stops_it_before_any_call(workspace, measure, endpoint):
    server = endpoint("Paris")
    with pytest.raises(DatasetError, match="lacks country"):
        measured(measure, workspace, cases=[{"id": "x", "expected": "Paris"}])
    assert server.requests == []


def test_a_bound_measure_tells_what_costs_nothing(workspace, endpoint):
    endpoint("Paris")
    measurer: Measurer = workspace._evaluating.evaluations.measurer()
    bound = measurer.bind(load(CASES), resolve(["contains"]), lambda _: MODEL)
    version = workspace.prompts.get("p")
    assert not bound.is_stored(version)
    bound(version)
    assert bound.is_stored(version)
