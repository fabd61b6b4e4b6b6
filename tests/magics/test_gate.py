"""``%llm_gate`` in a real shell."""

from __future__ import annotations

import json

import nbformat
import pytest

from llmops_magics.magics.gate import OPERATIONS

PARAMETERS = "bound = 0.5  # type: float; what must hold"
EVALUATE = (
    "import llmops_magics\n"
    "cases = [{'id': f'c{n}', 'country': 'France', 'expected': 'Paris'} for n in range(20)]\n"
    "run = llmops_magics.evaluate('geo/capital', cases, ['contains'])"
)
GATE = "llmops_magics.gate(run, rules=[f'contains >= {bound}'])"


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_gate_runs_under_the_cell(capital, folder):
    cells = [nbformat.v4.new_code_cell(code) for code in (PARAMETERS, EVALUATE, GATE)]
    cells[0].metadata["tags"] = ["parameters"]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "own.ipynb")
    shown = capital.ok("%llm_gate own.ipynb bound=0.6")
    assert shown.value.verdict == "PASS"
    assert shown.value.parameters == {"bound": 0.6}
    assert shown.kinds() == ["gate-result"] or "PASS" in shown.out
    [record] = (folder / "archive").glob("*/gate.json")
    assert json.loads(record.read_bytes())["exit_code"] == 0


def test_new_lint_and_show(shell, folder):
    assert shell.ok("%llm_gate new refunds --template cost").value.template == "cost_gate"
    path = "notebooks/gates/refunds.ipynb"
    assert (folder / path).is_file()
    assert shell.ok(f"%llm_gate lint {path}").value.findings == ()
    assert shell.ok(
        "%llm_gate show refunds.ipynb release_gate".replace("refunds.ipynb", path)
    ).value


def test_help_is_the_docstring(shell):
    assert shell.ok("%llm_gate").out.strip() == OPERATIONS.help().strip()
    assert "usage: %llm_gate run" in shell.ok("%llm_gate run --help").out


def test_what_is_wrong_is_one_red_line(shell):
    assert "there is no notebook 'nosuch'" in shell.refused("%llm_gate nosuch")
    assert "There is no template" in shell.refused("%llm_gate new x --template moon")


def test_completion(shell):
    assert "release_gate" in shell.complete("%llm_gate lint rel")
    assert "cost" in shell.complete("%llm_gate new x --template c")
