"""The trace line under a cell that called a model, and under no other."""

import pytest

from llmops_magics.workspace import current_workspace

TRACE = "application/vnd.llmops.trace.v1+json"


def test_failing_cell_still_shows_what_it_called(capital):
    shown = capital.run("%llm_eval geo/capital --data cases --scorers contains\n1 / 0")
    assert not shown.result.success
    assert shown.kinds() == ["trace"]


def test_trace_holds_the_calls_and_their_cost(capital):
    shown = capital.ok("import llmops_magics\nllmops_magics.ask('geo/capital', country='Peru')")
    trace = shown.displayed[0][TRACE]
    calls = [s for s in trace["spans"] if s["attributes"].get("gen_ai.operation.name") == "chat"]
    assert len(calls) == 1
    assert float(calls[0]["attributes"]["llmops.cost.usd"]) > 0
    assert "<details" in shown.displayed[0]["text/html"]


def test_two_cells_two_traces(capital):
    ask = "import llmops_magics\nllmops_magics.ask('geo/capital', country='Peru')"
    first, second = (capital.ok(ask).displayed[0][TRACE] for _ in range(2))
    assert first["trace_id"] != second["trace_id"]


def test_cells_that_call_nothing_show_nothing(capital):
    for cell in ("1 + 1", "%%prompt other\nx", "", "# a comment", "print('x')"):
        assert "trace" not in capital.ok(cell).kinds()


def test_a_cell_in_another_workspace_shows_its_line_too(capital, folder):
    (folder / "other").mkdir()
    (folder / "other" / "llmops.toml").touch()
    capital.ok("import os; os.chdir('other')")
    capital.ok("%%prompt p --model openai/m\nSay hi")
    shown = capital.ok("import llmops_magics\nllmops_magics.ask('p')")
    assert "trace" in shown.kinds()


CALLS = """
import llmops_magics as l, openai
@l.trace
def work():
    openai.OpenAI().chat.completions.create(model='m', messages=[{'role': 'user', 'content': 'x'}])
work()
l.ask('p')
"""


def stored(folder):
    """The traces of a workspace, each as the names of its spans."""
    workspace = current_workspace(folder)
    workspace.flush_spans()
    with workspace.store.read() as connection:
        rows = connection.exec_driver_sql("SELECT trace_id, name FROM span ORDER BY started_ns")
        traces = {}
        for trace_id, name in rows:
            traces.setdefault(trace_id, set()).add(name.partition(" ")[0])
    return list(traces.values())


@pytest.fixture
def two(shell, endpoint, folder):
    """Two workspaces with a prompt each, in the first of which the magics were loaded."""
    endpoint("Paris")
    for name in ("one", "two"):
        (folder / name).mkdir()
        (folder / name / "llmops.toml").touch()
        shell.ok(f"%cd {folder / name}")
        shell.ok("%%prompt p --model openai/m\nSay hi")
    shell.ok(f"%cd {folder / 'one'}")
    return shell


def test_cells_after_cd_trace_into_the_workspace_of_the_new_folder(two, folder):
    two.ok(CALLS)
    two.ok(f"%cd {folder / 'two'}")
    for _ in range(2):
        assert two.ok(CALLS).kinds() == ["trace"]
    assert stored(folder / "one") == [{"cell", "work", "chat"}]
    assert stored(folder / "two") == [{"cell", "work", "chat"}] * 2
    assert len(two.ok("%llm_trace").value.traces) == 2


def test_a_cell_stays_in_the_workspace_that_it_began_in(two, folder):
    shown = two.ok(f"%cd {folder / 'two'}\n{CALLS}")
    assert shown.displayed[-1]["application/vnd.llmops.trace.v1+json"]["totals"]["calls"] == 2
    assert stored(folder / "one") == [{"cell", "work", "chat"}]
    assert stored(folder / "two") == []
