"""Gates that really ask a model: a scripted endpoint, a workspace of one prompt, ten cases."""

import json
from pathlib import Path

import nbformat
import pytest

from llmops_magics.release.execution.runner import run_gate
from llmops_magics.workspace import Workspace

PARAMETERS = "data = 'cases.jsonl'\ncache = ''"
EVALUATE = (
    "import llmops_magics\n"
    "run = llmops_magics.evaluate('geo/capital', data, ['contains'], cache=cache)"
)
RULES = "['contains >= 0.5', 'errors == 0', 'mean(latency_ms) <= 60000']"
GATE = f"llmops_magics.gate(run, rules={RULES})"


@pytest.fixture
def workspace(folder):
    """A workspace whose prompt asks the scripted endpoint about ten cases."""
    (folder / "llmops.toml").write_text("[models]\nmax_retries = 0\n")
    workspace = Workspace(folder)
    workspace.prompts.register("geo/capital", "{{ question }}", model="openai/scripted")
    cases = [{"id": f"c{n}", "question": f"Q{n}?", "expected": "Paris"} for n in range(10)]
    (folder / "cases.jsonl").write_text("".join(json.dumps(case) + "\n" for case in cases))
    yield workspace
    workspace.close()


@pytest.fixture
def asked(workspace, folder):
    """``asked(*cells, ...)`` runs a gate of these cells; left out, it evaluates and decides."""

    def run(*cells, parameters=None, **rest):
        codes = [PARAMETERS, *(cells or (EVALUATE, GATE))]
        built = [nbformat.v4.new_code_cell(code, id=f"n{n}") for n, code in enumerate(codes)]
        built[0].metadata["tags"] = ["parameters"]
        path = folder / "gold.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=built), path)
        places = {"archive": folder / "archive", "root": folder, "actor": "ci"}
        return run_gate(workspace.store, path, parameters or {}, **places, **rest)

    return run


@pytest.fixture
def lines():
    """Read the recorded calls of a result."""

    def read(result):
        content = Path(result.archive, "responses.jsonl").read_text()
        return [json.loads(line) for line in content.splitlines()]

    return read


@pytest.fixture
def no_doubles(monkeypatch):
    """A test double is refused, as it is wherever these tests are not."""
    monkeypatch.delenv("LLMOPS_TEST_DOUBLES")
