from __future__ import annotations

import subprocess
import sys
from decimal import Decimal

import pytest

from llmops_magics.datasets.registry import DatasetRegistry
from llmops_magics.errors import UsageError
from llmops_magics.evals.function_target import function_target
from llmops_magics.evals.history import RunHistory
from llmops_magics.evals.process import this_process
from llmops_magics.evals.run import RunSummary
from llmops_magics.evals.run_list import find_run_id, list_runs
from llmops_magics.evals.sample import unanswered
from llmops_magics.evals.target import PromptTarget


@pytest.fixture
def begin(store, version, dataset):
    """``begin(name)`` notes a run of 20 cases in the store; returns its id."""
    cases = DatasetRegistry(store).register(dataset())

    def start(name="p", target=None, **config):
        return RunHistory(store).start(
            target or PromptTarget(version=version(name=name)),
            dataset_digest=cases.digest,
            model="openai/m",
            config=config,
        )

    return start


@pytest.fixture
def end(store):
    def finish(run_id, **options):
        summary = RunSummary(
            samples=20, cases=20, errors=1, failed_cases=(), scores=(), latency_p50_ms=None,
            latency_p95_ms=None, input_tokens=0, output_tokens=0, cost_usd=Decimal("0.5"),
            unpriced_samples=0, wall_s=1.0,
        )  # fmt: skip
        done = None if options else summary
        RunHistory(store).finish(run_id, done, **options)
        return run_id

    return finish


def test_the_newest_run_stands_first(store, begin, end):
    one, two = end(begin()), begin("other")
    runs = list_runs(store)
    assert [run.run_id for run in runs.runs] == [two, one]
    assert [run.status for run in runs.runs] == ["running", "finished"]
    assert [run.target for run in runs.runs] == ["other@1", "p@1"]
    assert runs.runs[1].cost_usd == Decimal("0.5")
    assert runs.runs[0].cost_usd is None


def test_samples_of_a_broken_run_are_counted(store, begin, end, dataset):
    run_id = begin(repeats=2)
    RunHistory(store).add(run_id, [unanswered(case, 0) for case in dataset().cases[:7]])
    end(run_id, status="interrupted")
    (run,) = list_runs(store).runs
    assert (run.done, run.planned, run.status) == (7, 40, "interrupted")


def test_filters_and_limit(store, begin, end):
    for name in ("p", "p", "other"):
        end(begin(name))
    begin("p")
    assert list_runs(store, prompt="p").total == 3
    assert list_runs(store, prompt="p@1", status="finished").total == 2
    assert list_runs(store, prompt="p@2").total == 0
    newest = list_runs(store, limit=1)
    assert (len(newest.runs), newest.total) == (1, 4)
    assert len(list_runs(store, limit=0).to_pandas()) == 4


def test_a_label_is_refused(store):
    with pytest.raises(UsageError, match="neither a prompt's name nor name@number"):
        list_runs(store, prompt="p@production")


def test_a_run_whose_process_is_gone_is_interrupted(store, begin):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    here = this_process()
    dead = [begin(process={**here, "pid": ended.pid}), begin(process={**here, "born_s": 1.0})]
    alive = begin(process=here)
    elsewhere = begin(process={**here, "host": "another", "pid": ended.pid})
    assert [run.run_id for run in list_runs(store, status="interrupted").runs] == dead[::-1]
    assert {run.run_id for run in list_runs(store, status="running").runs} == {alive, elsewhere}


def test_a_function_has_no_number(store, begin):
    def chain(q):
        return q

    begin(target=function_target(chain))
    assert list_runs(store).runs[0].target == "python:chain"


def test_a_run_is_found_by_id_ending_and_as_the_newest(store, begin):
    one, two = begin(), begin()
    assert find_run_id(store, one) == one
    assert find_run_id(store, one[-8:]) == one
    assert find_run_id(store, "newest") == two


@pytest.mark.parametrize("written", ["", "abc", "%", "_" * 8, "run-none", "newest"])
def test_a_run_that_is_not_there(store, written):
    with pytest.raises(UsageError, match="there is no eval run"):
        find_run_id(store, written)
