"""``%llm_trace`` in a real shell."""

import json

import pytest


@pytest.fixture
def called(capital):
    """The shell after a cell that called a model."""
    capital.ok("import llmops_magics as l\nl.ask('geo/capital', country='France')")
    return capital


def test_alone_it_lists_and_with_a_word_it_shows(called):
    listed = called.ok("%llm_trace")
    (trace,) = listed.value.traces
    assert (trace.calls, trace.prompts) == (1, ("geo/capital@1",))
    shown = called.ok("%llm_trace cell")
    bundle = shown.value._repr_mimebundle_()
    assert "geo/capital@1" in bundle["text/html"]
    assert json.dumps(bundle["application/vnd.llmops.trace-detail.v1+json"])
    for which in ("last", trace.trace_id, trace.trace_id[:6], f"show {trace.trace_id}"):
        assert called.ok(f"%llm_trace {which}").value == shown.value


def test_options_filter_the_list(called):
    assert called.ok("%llm_trace --errors").value.traces == ()
    assert len(called.ok("%llm_trace --prompt geo/capital --since 1h").value.traces) == 1
    assert len(called.ok("%llm_trace list --text France").value.traces) == 1
    where = '"calls = 1 and latency_ms < 60000"'
    assert len(called.ok(f"%llm_trace --where {where}").value.traces) == 1


def test_what_cannot_be_meant_is_one_red_line(called):
    assert "cannot be read" in called.refused('%llm_trace --where "calls"')
    assert "names no trace" in called.refused("%llm_trace nothing-such")
    assert "There is no trace" in called.refused("%llm_trace abcdef12")


def test_own_spans_stand_under_the_cell(called):
    called.ok(
        "from llmops_magics import session, span, trace\n"
        "@trace(kind='tool')\n"
        "def add(a, b):\n    return a + b\n"
        "with session('s1', user='ada'), span('work', k=1):\n"
        "    add(1, 2)\n"
        "    l.ask('geo/capital', country='Peru')"
    )
    detail = called.ok("%llm_trace cell").value
    assert [s.name.partition(" ")[0] for s in detail.spans][1:] == ["work", "add", "chat"]
    assert (detail.summary.sessions, detail.summary.users) == (("s1",), ("ada",))


def test_a_cell_with_spans_and_no_call_is_the_root_of_its_trace(called):
    called.ok("from llmops_magics import span\nwith span('work'):\n    pass")
    called.ok("1 + 1")
    detail = called.ok("%llm_trace cell").value
    root, work = detail.spans
    assert (root.name.partition(" ")[0], work.name) == ("cell", "work")
    assert (root.parent_id, work.parent_id) == (None, root.span_id)
    assert (detail.summary.calls, len(called.ok("%llm_trace").value.traces)) == (0, 2)


def test_an_error_that_passes_through_spans_is_counted_once(called):
    called.run(
        "from llmops_magics import span, trace\n"
        "@trace\n"
        "def late():\n    raise TimeoutError('no answer')\n"
        "with span('work'):\n    late()"
    )
    detail = called.ok("%llm_trace cell").value
    assert detail.summary.failures == {"timeout": 1}
    assert set(detail.failures.values()) == {"timeout"}
    assert len(detail.failures) == 2


def test_operations_and_options_are_completed(called):
    assert "prune" in called.complete("%llm_trace pr")
    assert "--older-than" in called.complete("%llm_trace prune --ol")


def test_help_names_the_operations(called):
    assert "prune" in called.ok("%llm_trace --help").out


def test_a_cell_that_runs_another_keeps_its_own_line(called):
    shown = called.ok(
        "l.ask('geo/capital', country='before')\n"
        "get_ipython().run_cell(\"l.ask('geo/capital', country='inner')\")\n"
        "with l.span('after'):\n    l.ask('geo/capital', country='after')"
    )
    assert shown.kinds() == ["trace", "trace"]
    inner, outer = (
        value
        for data in shown.displayed
        for mime, value in data.items()
        if mime.startswith("application/vnd.llmops.trace.")
    )
    assert (inner["totals"]["calls"], outer["totals"]["calls"]) == (1, 2)
    assert [span["name"].partition(" ")[0] for span in outer["spans"]] == [
        "cell", "chat", "after", "chat",
    ]  # fmt: skip
    assert called.ok(f"%llm_trace {outer['trace_id']}").value.summary.calls == 2
