"""Gates that really ask a model: a scripted endpoint, a workspace of one prompt, ten cases."""

import json
import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path

import nbformat
import pytest

from llmops_magics.release.execution.runner import run_gate
from llmops_magics.testing import ScriptedServer
from llmops_magics.workspace import Workspace

PARAMETERS = "data = 'cases.jsonl'\ncache = ''"
EVALUATE = (
    "import llmops_magics\n"
    "run = llmops_magics.evaluate('geo/capital', data, ['contains'], cache=cache)"
)
RULES = "['contains >= 0.5', 'errors == 0', 'mean(latency_ms) <= 60000']"
GATE = f"llmops_magics.gate(run, rules={RULES})"


def open_workspace(folder):
    """A workspace whose prompt asks the scripted endpoint about ten cases; one that is there."""
    if (folder / "llmops.toml").exists():
        return Workspace(folder)
    (folder / "llmops.toml").write_text("[models]\nmax_retries = 0\n")
    workspace = Workspace(folder)
    workspace.prompts.register("geo/capital", "{{ question }}", model="openai/scripted")
    cases = [{"id": f"c{n}", "question": f"Q{n}?", "expected": "Paris"} for n in range(10)]
    (folder / "cases.jsonl").write_text("".join(json.dumps(case) + "\n" for case in cases))
    return workspace


def ask(workspace, *cells, parameters=None, **rest):
    """Run a gate of these cells; left out, it evaluates and decides."""
    folder = workspace.root
    codes = [PARAMETERS, *(cells or (EVALUATE, GATE))]
    built = [nbformat.v4.new_code_cell(code, id=f"n{n}") for n, code in enumerate(codes)]
    built[0].metadata["tags"] = ["parameters"]
    path = folder / "gold.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=built), path)
    places = {"archive": folder / "archive", "root": folder, "actor": "ci"}
    return run_gate(workspace.store, path, parameters or {}, **places, **rest)


@pytest.fixture
def workspace(folder):
    """The workspace of the test's own folder."""
    workspace = open_workspace(folder)
    yield workspace
    workspace.close()


@pytest.fixture
def asked(workspace):
    """``asked(*cells, ...)`` runs a gate of these cells; left out, it evaluates and decides."""
    return partial(ask, workspace)


@pytest.fixture(scope="session")
def decided(tmp_path_factory):
    """A folder in which the gate has been run once, nine of ten answers right, and its result."""
    folder = tmp_path_factory.mktemp("decided")
    with pytest.MonkeyPatch.context() as patch, ScriptedServer(answer) as server:
        patch.setenv("OPENAI_API_KEY", server.api_key)
        patch.setenv("OPENAI_BASE_URL", server.base_url)
        patch.delenv("LLMOPS_GATE", raising=False)
        workspace = open_workspace(folder)
        result = ask(workspace)
        workspace.close()
    assert (result.exit_code, result.problems) == (0, ())
    return folder, result


@pytest.fixture
def first(decided, folder):
    """The result of that run; the test's own folder is a copy of its folder."""
    source, result = decided
    shutil.copytree(source, folder, dirs_exist_ok=True)
    return replace(result, archive=str(folder / Path(result.archive).relative_to(source)))


def answer(request):
    """A target that says Paris to nine of ten."""
    return "Lyon" if "Q3?" in str(request["messages"]) else "It is Paris."


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
