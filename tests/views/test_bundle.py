"""What an output cell holds of a run: little, whatever the run's size."""

from __future__ import annotations

import json

import nbformat
import pytest
from view_records import comparison, eval_run, sample

from llmops_magics.evals.run import Comparison, Score
from llmops_magics.views.bundle import shown_comparison, shown_eval_run
from llmops_magics.views.evaluation import eval_run_html

MEGABYTE = 1_000_000
LONG = "word <b> \u202e & " * 700_000  # ten megabytes


def on_disk(tmp_path, run):
    """How much a notebook grows by a run's static output."""
    bundle = run._repr_mimebundle_()
    output = nbformat.v4.new_output("execute_result", data=bundle, execution_count=1)
    cell = nbformat.v4.new_code_cell("run", outputs=[output])
    path = tmp_path / "run.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    return path.stat().st_size


def many(count=10_000, **changes):
    samples = [sample(f"case-{n:05}", value=n % 5 != 0, **changes) for n in range(count)]
    ids = tuple(each.case_id for each in samples)
    beside = Comparison(
        **{
            **vars(comparison(improved=ids, regressed=ids)),
            "baseline_outputs": dict.fromkeys(ids, "older " * 100),
        }
    )
    return eval_run(samples, beside=beside)


GIANTS = {
    "an answer": {"output": LONG},
    "an input": {"inputs": {"q": LONG}},
    "inputs": {"inputs": {f"column {n}": "long text " * 100 for n in range(1000)}},
    "an expectation": {"expected": [LONG] * 3},
    "an error": {"error": LONG},
    "a reason": {"scores": (Score(scorer="s", value=False, reason=LONG),)},
    "scorers": {"scores": tuple(Score(scorer=f"s{n}", value=False) for n in range(300))},
}


def test_the_first_rows_are_held_and_the_rest_is_named():
    shown = shown_eval_run(many())
    assert shown["kind"] == "eval-run"
    assert (shown["cut"]["samples"], shown["cut"]["shown"]) == (10_000, len(shown["samples"]))
    assert 50 < len(shown["samples"]) <= 200
    assert shown["samples"][0]["case_id"] == "case-00000"
    assert shown["samples"][1]["case_id"] == "case-00005"  # failing ones first
    assert set(shown["comparison"]["baseline_outputs"]) == {
        each["case_id"] for each in shown["samples"]
    }
    assert len(json.dumps(shown)) < 200_000


def test_a_small_run_is_held_whole():
    run = eval_run(beside=comparison())
    shown = shown_eval_run(run)
    whole = run.to_dict()
    assert [row["case_id"] for row in shown["samples"]] == ["c2", "c1"]
    assert shown["summary"] == whole["summary"]
    assert shown["comparison"]["differences"] == whole["comparison"]["differences"]


@pytest.mark.parametrize("changes", GIANTS.values(), ids=GIANTS)
def test_one_giant_case_stays_small(changes):
    run = eval_run([sample(**changes)])
    assert len(json.dumps(shown_eval_run(run))) < 250_000
    assert len(eval_run_html(run)) < 600_000


def test_a_comparison_alone_stays_small():
    shown = shown_comparison(many().comparison)
    assert len(json.dumps(shown)) < 200_000
    assert shown["cut"] == {"baseline_outputs": 10_000}


@pytest.mark.parametrize(
    "run", [many, lambda: many(300, output="answer " * 500)], ids=["many", "long"]
)
def test_a_notebook_grows_by_less_than_a_megabyte(tmp_path, run):
    assert on_disk(tmp_path, run()) < MEGABYTE


@pytest.mark.parametrize("changes", GIANTS.values(), ids=GIANTS)
def test_nor_by_two_hundred_giant_cases(tmp_path, changes):
    giant = sample(**changes)
    run = eval_run([giant] * 200)
    assert on_disk(tmp_path, run) < MEGABYTE
