"""The magics in a real kernel: what an executed notebook holds, and Ctrl-C in the middle."""

import json
import time

import nbformat
import pytest
from jupyter_client.manager import start_new_kernel
from nbclient import NotebookClient

from llmops_magics.storage.store import Store
from llmops_magics.storage.table import eval_run, sample

pytestmark = pytest.mark.slow

RUN = "application/vnd.llmops.eval-run.v1+json"
TRACE = "application/vnd.llmops.trace.v1+json"
CELLS = (
    "%load_ext llmops_magics",
    "%%prompt geo/capital\nCapital of {{ country }}?",
    "cases = [{'id': 'fr', 'country': 'France', 'expected': 'Paris'}]",
    "run = %llm_eval geo/capital --data cases --scorers contains\nrun",
    "%llm_eval nope --data cases --scorers contains",
)


def execute(folder):
    """Execute the cells in a fresh kernel; return each code cell's outputs."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in CELLS])
    resources = {"metadata": {"path": str(folder)}}
    client = NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources=resources, allow_errors=True
    )
    client.execute()
    return [cell.outputs for cell in notebook.cells]


def mimes(outputs):
    return [set(output.get("data", {})) for output in outputs]


def test_a_kernel_that_nobody_watches_shows_records_and_traces(folder, endpoint):
    endpoint("Paris")
    _, prompt, cases, run, refused = execute(folder)
    assert {"text/html", "text/plain"} < mimes(prompt)[0]
    assert any(
        mime.startswith("application/vnd.llmops.prompt-version") for mime in mimes(prompt)[0]
    )
    assert cases == []
    shown = [found for found in mimes(run) if RUN in found]
    assert shown == [{"text/html", "text/plain", RUN}]
    assert sum(TRACE in found for found in mimes(run)) == 1
    assert [o.output_type for o in refused] == ["stream"]
    assert "There is no prompt 'nope'" in str(refused)


def test_gate_shows_no_widget_anywhere(folder, endpoint, monkeypatch):
    endpoint("Paris")
    monkeypatch.setenv("LLMOPS_GATE", "1")
    outputs = execute(folder)
    assert {"text/html", "text/plain", RUN} in mimes(outputs[3])
    assert "widget-view" not in json.dumps(outputs)
    assert "ipywidgets" not in json.dumps(outputs)


@pytest.fixture
def kernel(folder):
    """``run(code)`` executes code in a real kernel and returns its reply; ``manager`` is its."""
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(folder))
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def run(client, code):
    return client.execute_interactive(code, timeout=60, output_hook=lambda _: None)["content"]


def run_after_an_error(client, code):
    """Run code; ask again while the kernel still discards what was queued behind the error.

    ipykernel answers `aborted` for a moment after an error's reply has been sent: that is how it
    drops the cells queued behind a failing one, and nothing tells a client when it is over.
    """
    limit_s = time.monotonic() + 30
    while (reply := run(client, code))["status"] == "aborted" and time.monotonic() < limit_s:
        time.sleep(0.05)
    return reply


def test_ctrl_c_keeps_finished_samples_and_the_kernel(folder, endpoint, kernel):
    manager, client = kernel
    server = endpoint("Paris", latency_ms=100)
    key = (
        f"os.environ.update(OPENAI_API_KEY={server.api_key!r}, OPENAI_BASE_URL={server.base_url!r})"
    )
    assert run(client, f"import os; {key}")["status"] == "ok"
    assert run(client, "%load_ext llmops_magics")["status"] == "ok"
    assert run(client, "%%prompt geo/capital\nCapital of {{ n }}?")["status"] == "ok"
    assert run(client, "cases = [{'id': str(n), 'n': n} for n in range(500)]")["status"] == "ok"
    message = client.execute(
        "run = %llm_eval geo/capital --data cases --scorers exact_match --concurrency 2"
    )
    wait_for(lambda: len(server.requests) > 10)
    manager.interrupt_kernel()
    reply = reply_to(client, message)
    assert (reply["status"], reply["ename"]) == ("error", "KeyboardInterrupt")
    assert run_after_an_error(client, "assert 1 + 1 == 2")["status"] == "ok"
    assert run(client, "!echo a process of its own")["status"] == "ok"  # no fork hangs
    again = run(client, "%llm_eval geo/capital --data {'cases'} --scorers exact_match --nope")
    assert again["status"] == "error"
    assert stored(folder) == ("interrupted", True)


def wait_for(condition):
    limit_s = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < limit_s
        time.sleep(0.02)


def reply_to(client, message):
    while True:
        reply = client.get_shell_msg(timeout=60)
        if reply["parent_header"].get("msg_id") == message:
            return reply["content"]


def stored(folder):
    """Return how the only run ended, and whether a part of its samples is there."""
    store = Store.open(f"sqlite:///{folder / '.llmops' / 'llmops.db'}")
    with store.read() as connection:
        [status] = [row.status for row in connection.execute(eval_run.select())]
        count = len(connection.execute(sample.select()).all())
    store.close()
    return status, 5 < count < 500


def test_a_front_end_gets_completions_from_the_kernel(folder, endpoint, kernel):
    _, client = kernel
    assert run(client, "%load_ext llmops_magics")["status"] == "ok"
    assert run(client, "%%prompt geo/capital --label candidate\n{{ country }}?")["status"] == "ok"
    line = "%prompt render geo/capital@can"
    reply = reply_to(client, client.complete(line, len(line)))
    assert reply["matches"] == ["geo/capital@candidate"]
    assert line[reply["cursor_start"] : reply["cursor_end"]] == "geo/capital@can"
    cell = '%%prompt other\n{% include "geo/ca'
    assert reply_to(client, client.complete(cell, len(cell)))["matches"] == ["geo/capital"]
