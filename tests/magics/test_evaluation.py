"""``%llm_eval`` in a real shell."""

import json

import pytest

from llmops_magics.evals.run import EvalRun
from llmops_magics.workspace import current_workspace


def test_variable_and_own_function(capital):
    capital.ok("def short(output): return len(output) < 10")
    shown = capital.ok("run = %llm_eval geo/capital --data cases --scorers contains,short")
    assert shown.kinds() == ["trace"]
    assert "2 model calls" in shown.displayed[0]["text/plain"]
    run = capital.ip.user_ns["run"]
    assert isinstance(run, EvalRun)
    frame = run.to_pandas().set_index("case_id")
    assert frame["contains"].to_dict() == {"fr": True, "pe": False}
    assert frame["short"].all()
    assert [s.scorer for s in run.summary.scores] == ["contains", "short"]


def test_value_of_the_line_is_the_run(capital):
    shown = capital.ok("%llm_eval geo/capital --data cases --scorers contains")
    assert isinstance(shown.value, EvalRun)
    assert shown.err == ""
    assert capital.ok("1 + 1").displayed == []


@pytest.mark.parametrize("ending", ["csv", "jsonl", "json", "parquet"])
def test_file_of_every_kind(capital, folder, ending):
    capital.ok("import pandas as pd; frame = pd.DataFrame(cases)")
    write = {
        "csv": "frame.to_csv('my cases.csv', index=False)",
        "jsonl": "frame.to_json('my cases.jsonl', orient='records', lines=True)",
        "json": "frame.to_json('my cases.json', orient='records')",
        "parquet": "frame.to_parquet('my cases.parquet')",
    }
    capital.ok(write[ending])
    line = f"%llm_eval geo/capital --data 'my cases.{ending}' --scorers contains"
    run = capital.ok(line).value
    assert {s.case_id: s.scores[0].value for s in run.samples} == {"fr": True, "pe": False}


def test_baseline_is_compared_case_by_case(capital):
    capital.ok("%%prompt geo/capital\nCapital of {{ country }}, please?")
    run = capital.ok(
        "%llm_eval geo/capital --data cases --scorers contains --baseline geo/capital@1"
    ).value
    assert run.prompt == "geo/capital@2"
    assert run.comparison is not None


def test_repeats_concurrency_and_model_of_the_line(capital, endpoint):
    server = endpoint("Paris", latency_ms=50)
    options = "--repeats 4 --concurrency 2 --model openai/gpt-4.1"
    # the client was built for the first endpoint, so this is another workspace
    capital.ok("import os; os.makedirs('other'); os.chdir('other')")
    capital.ok("%%prompt geo/capital\nCapital of {{ country }}?")
    run = capital.ok(
        f"run = %llm_eval geo/capital --data cases --scorers contains {options}\nrun"
    ).value
    assert len(run.samples) == 8
    assert server.peak_concurrency == 2
    assert {request["model"] for request in server.requests} == {"gpt-4.1"}


def test_variables_of_the_notebook_in_the_line(capital):
    capital.ok("ref = 'geo/capital@1'; names = 'contains, exact_match'; none = ''")
    line = '%llm_eval "{ref}" --data cases --scorers "{names}" --baseline "{none}"'
    run = capital.ok(line).value
    assert [s.scorer for s in run.summary.scores] == ["contains", "exact_match"]


def test_refusing_endpoint_makes_rows_with_errors(capital, monkeypatch):
    capital.ok("import os; os.makedirs('other'); os.chdir('other')")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    (current_workspace().root / "llmops.toml").write_text("[models]\nmax_retries = 0\n")
    capital.ok("%%prompt geo/capital\nCapital of {{ country }}?")
    run = capital.ok("%llm_eval geo/capital --data cases --scorers contains").value
    assert run.summary.errors == 2
    assert all("127.0.0.1:9" in sample.error for sample in run.samples)


def test_run_is_stored(capital):
    run = capital.ok("%llm_eval geo/capital --data cases --scorers contains").value
    row = current_workspace().runs.row(run.run_id)
    assert row["status"] == "finished"
    assert json.dumps(row["summary"])


def test_an_aa_run_shows_what_chance_alone_does(capital):
    run = capital.ok("%llm_eval geo/capital --data cases --scorers contains --aa").value
    assert run.chance.run_ids[0] == run.run_id
    assert (run.chance.of("contains").flips, run.chance.of("contains").n) == (0, 2)
    assert run.comparison is None


def test_an_aa_run_of_the_baseline_stands_beside_the_comparison(capital):
    capital.ok("%%prompt geo/capital\nCapital of {{ country }}, please?")
    line = "%llm_eval geo/capital --data cases --scorers contains --baseline geo/capital@1 --aa"
    run = capital.ok(line).value
    assert run.chance.prompt == "geo/capital@1"
    assert run.comparison.chance == run.chance
    assert run.chance.run_ids[0] == run.comparison.baseline_run_id
