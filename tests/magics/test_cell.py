"""The trace line under a cell that called a model, and under no other."""

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
