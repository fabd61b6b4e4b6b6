from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy.exc import StatementError

from llmops_magics.datasets.dataset import dataset_from_rows
from llmops_magics.datasets.registry import DatasetRegistry
from llmops_magics.errors import UsageError
from llmops_magics.evals.history import RunHistory, new_run_id
from llmops_magics.evals.run import Sample, Score
from llmops_magics.prompts.registry import PromptRegistry
from llmops_magics.storage.store import Store


@pytest.fixture
def store(tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 'llmops.db'}")
    yield store
    store.close()


@pytest.fixture
def history(store):
    return RunHistory(store)


@pytest.fixture
def dataset(store):
    rows = [{"id": i, "word": i.upper(), "expected": {"n": 1}, "tags": "x,y"} for i in "ba"]
    return DatasetRegistry(store).register(dataset_from_rows(rows, "words"))


@pytest.fixture
def run_id(store, history, dataset):
    version = PromptRegistry(store, actor=lambda: "ada").register("p", "Say {{ word }}")
    return history.start(version, dataset_digest=dataset.digest, model="m/m", config={"repeats": 2})


def sample(case, repeat=0, **changes):
    values = {
        "output": "höö\n\x00 \U0001f600",
        "error": "",
        "scores": (
            Score(scorer="a", value=True),
            Score(scorer="b", value=0.1 + 0.2, reason="so"),
            Score(scorer="c", value="label"),
            Score(scorer="d", value=None, reason="broke"),
            Score(scorer="e", value=None, applicable=False),
        ),
        "latency_ms": 12.345678901234567,
        "input_tokens": 3,
        "output_tokens": 0,
        "cost_usd": Decimal("0.000000123456789"),
        "trace_id": "0" * 32,
        **changes,
    }
    return Sample(
        case_id=case.id, repeat=repeat, inputs=case.inputs, expected=case.expected, tags=case.tags,
        **values,
    )  # fmt: skip


def test_what_was_stored_comes_back_equal(history, dataset, run_id):
    b, a = dataset.cases
    failed = sample(
        a, 1, output="", error="no", scores=(), latency_ms=None, input_tokens=None,
        output_tokens=None, cost_usd=None, trace_id="",
    )  # fmt: skip
    written = (sample(b), sample(b, 1), sample(a), failed)
    history.add(run_id, written[2:])
    history.add(run_id, written[1::-1])
    assert history.samples(run_id, dataset.cases) == written


def test_a_batch_is_written_whole_or_not_at_all(history, dataset, run_id):
    b, a = dataset.cases
    history.add(run_id, [sample(a)])
    with pytest.raises(StatementError):
        history.add(run_id, [sample(b), replace(sample(a, 1), output=object())])
    assert [s.case_id for s in history.samples(run_id, dataset.cases)] == ["a"]


def test_a_run_is_running_until_it_is_finished(history, dataset, run_id):
    row = history.row(run_id)
    assert (row["status"], row["finished_at"], row["summary"]) == ("running", None, None)
    assert (row["prompt_name"], row["prompt_number"], row["model"]) == ("p", 1, "m/m")
    assert (row["dataset_digest"], row["config"]) == (dataset.digest, {"repeats": 2})
    history.finish(run_id, {"cost_usd": Decimal("0.10")})
    row = history.row(run_id)
    assert (row["status"], row["summary"]) == ("finished", {"cost_usd": "0.10"})
    assert row["finished_at"] >= row["started_at"]


def test_an_unknown_run_is_refused(history):
    with pytest.raises(UsageError, match="no eval run 'run-x'"):
        history.row("run-x")


def test_ids_sort_by_time_and_fit_their_column():
    ids = [new_run_id() for _ in range(100)]
    assert [i[:16] for i in ids] == sorted(i[:16] for i in ids)
    assert len(set(ids)) == 100
    assert all(re.fullmatch(r"run-[0-9a-f]{12}-[0-9a-f]{8}", i) for i in ids)


def test_a_finished_run_stays_finished(history, run_id):
    history.finish(run_id, {"samples": 2})
    history.finish(run_id, None, status="interrupted")
    row = history.row(run_id)
    assert (row["status"], row["summary"]) == ("finished", {"samples": 2})
