"""What only real kernels show: notebooks that run notebooks, a workspace that cannot be written."""

from __future__ import annotations

import json
import subprocess
import sys

import nbformat
import papermill
import pytest
from jupyter_client.manager import start_new_kernel

from llmops_magics.workspace import Workspace

pytestmark = pytest.mark.slow

TRACE = "application/vnd.llmops.trace.v1+json"
ASK = "import llmops_magics as l\nl.ask('geo/capital', country='France')"
OPENAI = (
    "import openai\nopenai.OpenAI(max_retries=0).chat.completions.create("
    "model='no-such-model', messages=[{'role': 'user', 'content': 'x'}])"
)


def written(path, *cells):
    """Write a notebook of these code cells."""
    made = [nbformat.v4.new_code_cell(cell) for cell in cells]
    notebook = nbformat.v4.new_notebook(cells=made)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, path)
    return path


def traces_shown(path):
    """The traces under the cells of an executed notebook."""
    cells = nbformat.read(path, 4).cells
    shown = [output.get("data", {}) for cell in cells for output in cell.get("outputs", ())]
    return [data[TRACE] for data in shown if TRACE in data]


@pytest.fixture
def kernel(folder):
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(folder))
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def run(client, code):
    """Run code in the kernel; return its reply and what it put out."""
    shown = []
    reply = client.execute_interactive(code, timeout=120, output_hook=shown.append)["content"]
    return reply, [message["content"] for message in shown]


def test_a_notebook_that_runs_another_inside_a_cell_keeps_its_own_trace(folder, endpoint):
    endpoint("Paris")
    Workspace(folder).prompts.register("geo/capital", "Capital of {{ country }}?")
    written(folder / "inner.ipynb", "%load_ext llmops_magics", ASK, "%llm_trace cell")
    nested = (
        f"{ASK}\nimport papermill\n"
        "papermill.execute_notebook('inner.ipynb', 'inner_done.ipynb', progress_bar=False)\n"
        "l.ask('geo/capital', country='Peru')"
    )
    written(
        folder / "outer.ipynb", "%load_ext llmops_magics", nested, "%llm_trace last", "%llm_trace"
    )
    papermill.execute_notebook(
        folder / "outer.ipynb", folder / "done.ipynb", cwd=str(folder), progress_bar=False
    )
    (outer,), (inner,) = (
        traces_shown(folder / "done.ipynb"),
        traces_shown(folder / "inner_done.ipynb"),
    )
    assert (outer["totals"]["calls"], inner["totals"]["calls"]) == (2, 1)
    assert outer["trace_id"] != inner["trace_id"]
    listed = json.dumps(nbformat.read(folder / "done.ipynb", 4).cells[3].outputs)
    assert outer["trace_id"][:8] in listed
    assert inner["trace_id"][:8] in listed


def test_an_unknown_model_is_one_error_and_the_kernel_goes_on(folder, endpoint, kernel):
    server = endpoint("Paris")
    settings = {"OPENAI_API_KEY": server.api_key, "OPENAI_BASE_URL": server.base_url}
    keys = f"import os; os.environ.update({settings!r})"
    for cell in (keys, "%load_ext llmops_magics", "%%prompt p\nHi"):
        assert run(kernel, cell)[0]["status"] == "ok"
    reply, _ = run(kernel, "import llmops_magics as l\nl.ask('p', model='nowhere/x')")
    assert (reply["status"], reply["ename"]) == ("error", "UnknownModelError")
    for cell in ("l.ask('p', model='openai/no-such-model')", OPENAI):
        reply, shown = run(kernel, cell)
        assert reply["status"] in ("ok", "aborted")
    _, shown = run(kernel, OPENAI)
    (trace,) = [each["data"][TRACE] for each in shown if TRACE in each.get("data", {})]
    assert (trace["totals"]["calls"], trace["totals"]["unpriced_calls"]) == (1, 1)
    assert (
        "unknown" in str([each["data"]["text/plain"] for each in shown if "data" in each]).lower()
    )


READ_ONLY = """
import ctypes, json, os, sys
from jupyter_client.manager import start_new_kernel

if sys.platform == "linux":  # even root keeps to permissions in what it starts now
    ctypes.CDLL(None).prctl(24, 1, 0, 0, 0)
manager, client = start_new_kernel(kernel_name="python3", cwd=sys.argv[1])
told = []
for cell in json.loads(sys.argv[2]):
    shown = []
    reply = client.execute_interactive(cell, timeout=60, output_hook=shown.append)["content"]
    told.append([reply["status"], [message["content"] for message in shown]])
client.stop_channels()
manager.shutdown_kernel(now=True)
print(json.dumps(told))
"""
OURS = """
from llmops_magics.models.chat import ChatRequest
from llmops_magics.workspace import current_workspace
message = {'role': 'user', 'content': 'x'}
request = ChatRequest(model='openai/gpt-4.1-mini', messages=(message,))
current_workspace().client.chat_blocking(request).text
"""


def test_a_folder_that_cannot_be_written_costs_no_call_and_warns_once(folder, endpoint):
    endpoint("Paris")
    theirs = OPENAI.replace("no-such-model", "gpt-4.1-mini")
    cells = ["%load_ext llmops_magics", *[theirs, OURS, "import time; time.sleep(1)"] * 2]
    place = folder / "closed"
    place.mkdir(mode=0o555)
    done = subprocess.run(
        [sys.executable, "-c", READ_ONLY, str(place), json.dumps(cells)],
        capture_output=True, text=True, check=False, timeout=200,
    )  # fmt: skip
    told = json.loads(done.stdout)
    assert [status for status, _ in told] == ["ok"] * 7, told
    traces = [out for _, outs in told for out in outs if TRACE in out.get("data", {})]
    assert len(traces) == 4
    warned = str([out for _, outs in told for out in outs if out.get("name") == "stderr"])
    assert warned.count("cannot store spans") == 1
    assert list(place.iterdir()) == []
