"""Tiny runs and tiny gold notebooks, one failure mode each."""

import json
from decimal import Decimal
from pathlib import Path

import nbformat
import pytest

from llmops_magics.evals.run import EvalRun, RunSummary, Sample, Score, ScoreSummary
from llmops_magics.statistics.proportion import wilson_interval
from llmops_magics.storage.store import Store

PARAMETERS = "passed = 38  # of 40 cases\nnote = 'none'"
GATE = "import llmops_magics\nllmops_magics.gate(run, rules=['contains >= 0.6', 'errors == 0'])"


def make_run(passed=38, cases=40, **changes) -> EvalRun:
    """A run of one bool scorer, ``contains``: the first ``passed`` cases hold."""
    samples = tuple(
        Sample(
            case_id=f"c{i}",
            repeat=0,
            inputs={},
            expected=None,
            output="x",
            error="",
            scores=(Score(scorer="contains", value=i < passed),),
            latency_ms=100.0 + i,
            input_tokens=1,
            output_tokens=1,
            cost_usd=Decimal("0.001"),
            tags=("refund",) if i % 2 else (),
        )
        for i in range(cases)
    )
    samples = changes.pop("samples", samples)
    interval = wilson_interval(passed, cases)
    summary = RunSummary(
        samples=len(samples),
        cases=cases,
        errors=sum(bool(s.error) for s in samples),
        failed_cases=tuple(s.case_id for s in samples if s.failed),
        scores=(
            ScoreSummary(
                scorer="contains",
                mean=passed / cases,
                low=interval.low,
                high=interval.high,
                method=interval.method,
                n=cases,
                missing=0,
                not_applicable=0,
                is_proportion=True,
            ),
        ),
        latency_p50_ms=120.0,
        latency_p95_ms=138.0,
        input_tokens=40,
        output_tokens=40,
        cost_usd=Decimal("0.04"),
        unpriced_samples=0,
        wall_s=1.0,
    )
    return EvalRun(
        **{
            "run_id": "r1",
            "prompt": "support/answer@1",
            "prompt_digest": "sha256:" + "1" * 64,
            "dataset": "cases",
            "dataset_digest": "sha256:" + "2" * 64,
            "model": "test/model",
            "resolved_models": ("model-1",),
            "repeats": 1,
            "started_at": "2026-11-23T00:00:00.000000Z",
            "summary": summary,
            "samples": samples,
            **changes,
        }
    )


def write_notebook(path, *cells, parameters=PARAMETERS, gate=GATE, tags=None):
    """Write a gold notebook: parameters, the given code cells, the gate; None leaves one out."""
    built = [] if parameters is None else [_cell(parameters, ["parameters"])]
    built += [_cell(code, tags or []) for code in cells]
    built += [] if gate is None else [_cell(gate, [])]
    metadata = {"kernelspec": {"name": "elsewhere", "language": "python", "display_name": "x"}}
    nbformat.write(nbformat.v4.new_notebook(cells=built, metadata=metadata), path)
    return path


def _cell(code, tags):
    return nbformat.v4.new_code_cell(code, metadata={"tags": tags} if tags else {})


@pytest.fixture
def prepare():
    """The cell that makes ``run``; it imports this file, which is no package."""
    return (
        "import importlib.util\n"
        f"spec = importlib.util.spec_from_file_location('gold', {str(Path(__file__))!r})\n"
        "gold = importlib.util.module_from_spec(spec)\n"
        "spec.loader.exec_module(gold)\n"
        "run = gold.make_run(passed=passed, model='', resolved_models=())"  # no model was asked
    )


@pytest.fixture
def run_of():
    return make_run


@pytest.fixture
def notebook(tmp_path):
    """``notebook(*cells, ...)`` writes gold.ipynb and returns its path."""
    return lambda *cells, **rest: write_notebook(tmp_path / "gold.ipynb", *cells, **rest)


@pytest.fixture
def store(tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 'store' / 'llmops.db'}")
    yield store
    store.close()


@pytest.fixture
def sealed():
    """Read the gate.json of a result."""
    return lambda result: json.loads(Path(result.archive, "gate.json").read_bytes())
