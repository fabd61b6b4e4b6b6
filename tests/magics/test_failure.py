"""Bad input in a notebook: one red line that says what to do, and nothing lost."""

import json

import pytest
from sqlalchemy import create_engine, text

from llmops_magics.workspace import current, current_workspace

LINES = {
    "": "TARGET is missing. A new run needs a target, --data and --scorers.",
    "nope --data cases --scorers contains": "There is no prompt 'nope'. There are: geo/capital.",
    "geo/capital@9 --data cases --scorers contains": "no version 9. It has version 1 only.",
    "geo/capital@prod --data cases --scorers contains": "no label 'prod'",
    "geo/capital --data cases --scorers containz": "Did you mean contains?",
    "geo/capital --data cases --scorers ,": "names no scorer",
    "geo/capital --data cases --scorers contains --nope": "unrecognized arguments: --nope",
    "geo/capital --data cases --scorers contains --baseline gone": "There is no prompt 'gone'",
    "geo/capital --data cases --scorers contains --model nowhere/x": "There are local, openai",
    "geo/capital --data cases --scorers contains --repeats 0": "argument --repeats",
    "geo/capital --data cases --scorers contains --repeats x": "argument --repeats",
    "geo/capital --data casez --scorers contains": "Give a file, a variable of the notebook",
    "geo/capital --data 'cases --scorers contains": "no closing quotation",
    "geo/capital --data none.csv --scorers contains": "none.csv is not there",
    "geo/capital --data notes.txt --scorers contains": "Known endings: .csv",
    "geo/capital --data empty --scorers contains": "is empty",
    "geo/capital --data twice --scorers contains": "the same id twice: fr",
    "geo/capital --data lacking --scorers contains": "lacks country, which geo/capital@1 reads",
    "geo/capital --data number --scorers contains": "A int is no dataset",
    "geo/capital --data zip.csv --scorers contains": "it is a zip archive",
    "geo/capital --data broken.jsonl --scorers contains": "broken in line 2",
}


@pytest.mark.parametrize("line", LINES)
def test_bad_line_of_llm_eval(capital, folder, line):
    case = capital.ip.user_ns["cases"][0]
    capital.ip.push({"empty": [], "twice": [case, case], "lacking": [{"id": "x"}], "number": 5})
    (folder / "zip.csv").write_bytes(b"PK\x03\x04rest")
    (folder / "broken.jsonl").write_text(json.dumps(case) + "\n{]\n")
    assert LINES[line] in capital.refused(f"%llm_eval {line}")


# Lines are those of the cell, where the magic itself is line 1.
CELLS = {
    "%%prompt\nx": "required: name. See %%prompt --help.",
    "%%prompt bad --nope\nx": "unrecognized arguments: --nope",
    "%%prompt bad --temperature hot\nx": "'temperature' must be a number from 0 to 2, not 'hot'",
    "%%prompt bad 'x\nx": "no closing quotation",
    "%%prompt bad\nfine\n{% if %}": "syntax in line 3",
    "%%prompt bad\n{{ x": "syntax in line 2",
    "%%prompt bad\n---\na: [b\nc: }\n---\nx": "no valid YAML in line 4",
}


@pytest.mark.parametrize("cell", CELLS)
def test_bad_cell_of_prompt_registers_nothing(shell, cell):
    assert CELLS[cell] in shell.refused(cell)
    assert current_workspace().prompts.names() == []


def test_undefined_variable_and_escape_when_called(shell, endpoint):
    server = endpoint()
    missing = shell.refused("%%prompt lacking --run\n{{ nowhere }}")
    assert "'nowhere' is missing" in missing
    escape = shell.refused("%%prompt escaping --run\n{{ ''.__class__.__mro__ }}")
    assert "leave the sandbox" in escape
    assert server.requests == []


def test_undefined_scorer_error_is_a_row_not_a_lost_run(capital):
    capital.ok("def broken(output): return 1 / 0")
    run = capital.ok("%llm_eval geo/capital --data cases --scorers contains,broken").value
    assert len(run.samples) == 2
    assert "ZeroDivisionError" in str([s.scores for s in run.samples])


def test_workspace_of_a_newer_version(shell, endpoint, folder):
    endpoint()
    database = folder / ".llmops" / "llmops.db"
    shell.ok("%%prompt geo/capital\nx")
    current_workspace().store.close()
    engine = create_engine(f"sqlite:///{database}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    current._CURRENT.clear()  # as a new kernel would begin
    error = shell.refused("%%prompt geo/capital\ny")
    assert "newer llmops_magics (schema 9999" in error
    assert "pip install --upgrade" in error


def test_broken_settings(shell, folder):
    (folder / "llmops.toml").write_text("[models]\ndefalt = 'x'\n")
    assert "models.defalt" in shell.refused("%%prompt a\nx")


def test_traceback_is_shown_when_asked_for(shell):
    shown = shell.run("%%prompt bad --traceback\n{{ x")
    assert "PromptSyntaxError" in shown.out
    assert "Traceback" in shown.out
