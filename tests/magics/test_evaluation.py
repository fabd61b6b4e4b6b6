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


LINE = "%llm_eval geo/capital --data cases --scorers contains"
CHAIN = "def chain(country):\n    return 'Paris' if country == 'France' else 'no idea'"


def test_the_plan_stands_above_the_run(capital):
    shown = capital.ok(LINE)
    first, second = shown.out.splitlines()[:2]
    assert first.startswith("Plan: 2 calls of openai/gpt-4.1-mini")
    assert second.startswith("cases@1, 2 cases: too few to show a difference")


def test_the_plan_alone_asks_nothing_of_the_model(capital, endpoint):
    shown = capital.ok(f"{LINE} --plan")
    assert (shown.value.kind, shown.value.calls) == ("eval-estimate", 2)
    assert shown.displayed == []  # no call, so no trace


def dear(capital):
    (current_workspace().root / "llmops.toml").write_text("[eval]\nask_above_usd = 0\n")
    capital.ok("import os; os.makedirs('dear'); os.rename('llmops.toml', 'dear/llmops.toml')")
    capital.ok("os.chdir('dear')")
    capital.ok("%%prompt geo/capital\nCapital of {{ country }}?")


def test_a_dear_plan_is_an_error_that_names_yes_where_nobody_can_answer(capital):
    dear(capital)
    assert "--yes" in capital.refused(LINE)
    assert capital.ok(f"{LINE} --yes").value.summary.samples == 2
    assert capital.ok(f"{LINE} --no-cache --max-cost 1").value.summary.samples == 2


def test_a_dear_plan_asks_in_the_notebook(capital, monkeypatch):
    dear(capital)
    answers = iter(["n", "y"])
    monkeypatch.setattr("builtins.input", lambda _: next(answers))
    assert "nothing was spent" in capital.refused(LINE)
    assert capital.ok(LINE).value.summary.samples == 2


def test_a_function_of_the_notebook_is_a_target(capital):
    capital.ok(CHAIN)
    run = capital.ok("%llm_eval chain --data cases --scorers contains").value
    assert run.prompt == "python:chain"
    assert {s.case_id: s.scores[0].value for s in run.samples} == {"fr": True, "pe": False}


def test_several_targets_and_settings_are_a_matrix(capital):
    capital.ok("%%prompt geo/capital\nCapital of {{ country }}, please?")
    matrix = capital.ok(
        "%llm_eval geo/capital@1,geo/capital@2 --data cases --scorers contains "
        "--settings temperature=0 --settings temperature=0.7"
    ).value
    rows = [(row.target, row.settings) for row in matrix.rows]
    cold, warm = {"temperature": 0}, {"temperature": 0.7}
    refs = ("geo/capital@1", "geo/capital@2")
    assert rows == [(ref, own) for ref in refs for own in (cold, warm)]
    assert [row.is_reference for row in matrix.rows] == [True, False, False, False]
    stored = [current_workspace().runs.row(run_id)["status"] for run_id in matrix.run_ids]
    assert stored == ["finished"] * 4


def test_a_matrix_against_a_baseline(capital):
    capital.ok(CHAIN)
    matrix = capital.ok(
        "%llm_eval geo/capital,chain --data cases --scorers contains --baseline geo/capital@1"
    ).value
    assert matrix.reference.target == "geo/capital@1"
    assert [row.target for row in matrix.rows[1:]] == ["geo/capital@1", "python:chain"]


def test_stored_answers_score_again_and_replay(capital):
    first = capital.ok(LINE).value
    again = capital.ok("%llm_eval --rescore newest --scorers exact_match").value
    assert [s.scorer for s in again.summary.scores] == ["exact_match"]
    replayed = capital.ok(f"{LINE} --replay").value
    assert [s.output for s in replayed.samples] == [s.output for s in first.samples]
    assert "no such" not in capital.refused(f"{LINE} --replay --model openai/gpt-4.1")


def test_failed_calls_are_asked_again_in_a_new_run(capital, endpoint):
    capital.ok("calls = []")
    capital.ok(
        "def chain(country):\n"
        "    calls.append(country)\n"
        "    if len(calls) == 1: raise ValueError('once')\n"
        "    return 'Paris'"
    )
    old = capital.ok("%llm_eval :chain --data cases --scorers contains --concurrency 1").value
    assert old.summary.errors == 1
    new = capital.ok(f"%llm_eval --retry-errors {old.run_id[-8:]}").value
    assert (new.summary.errors, new.run_id != old.run_id) == (0, True)


def test_an_interrupt_says_what_is_kept_and_how_it_goes_on(capital):
    capital.ok(
        "import _thread, time\n"
        "is_first = True\n"
        "def chain(country):\n"
        "    if country == 'Peru' and is_first:\n"
        "        _thread.interrupt_main(); time.sleep(1)\n"
        "    return 'Paris'"
    )
    shown = capital.run("%llm_eval chain --data cases --scorers contains --concurrency 1")
    assert isinstance(shown.result.error_in_exec, KeyboardInterrupt)
    assert "1 of 2 samples are kept in run-" in shown.out
    line = shown.out.split("`")[1]
    assert line.startswith("%llm_eval --resume run-")
    capital.ok("is_first = False")
    run = capital.ok(line).value
    assert run.summary.samples == 2


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("geo/capital --data cases", "--scorers is missing"),
        ("--resume none", "there is no eval run 'none'"),
        ("--resume newest --scorers contains", "goes without --scorers"),
        (":nothing --data cases --scorers contains", "no function 'nothing'"),
        ("geo/capital --data cases --scorers contains --max-cost lots", "no amount"),
    ],
)
def test_a_bad_line_is_one_red_line(capital, line, said):
    assert said in capital.refused(f"%llm_eval {line}")
