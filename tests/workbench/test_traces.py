from __future__ import annotations

import json
import multiprocessing
import sys
from pathlib import Path

import pytest

from llmops_magics.errors import UsageError
from llmops_magics.tracing.otlp import write_otlp
from llmops_magics.tracing.search import TraceSearch
from llmops_magics.workspace import Workspace

sys.path.append(str(Path(__file__).parents[1] / "tracing"))

from trace_spans import call, span

KEY = "sk-proj-1234567890abcdefghijklmnop"


@pytest.fixture
def workspace(tmp_path):
    opened = []

    def make(toml=""):
        (tmp_path / "llmops.toml").write_text(toml)
        opened.append(Workspace(tmp_path))
        return opened[-1]

    yield make
    for each in opened:
        each.close()


def test_a_trace_is_found_as_soon_as_it_ended(workspace):
    traces = workspace().traces
    with traces._store().write():
        pass
    found = workspace()
    with found.tracing.span("cell 3", {"llmops.cell.number": 3}):
        pass
    with found.tracing.span("later"):
        pass
    assert [t.name for t in found.traces.search().traces] == ["later", "cell 3"]
    assert found.traces.show().summary.name == "later"
    detail = found.traces.show("cell")
    assert detail.summary.name == "cell 3"
    assert found.traces.show(detail.summary.trace_id[:10]) == detail


def test_what_names_no_trace_is_told_so(workspace):
    traces = workspace().traces
    for which in ("last", "cell", "abcd", "x y", "", "run", "ab", "abcd' OR 1=1"):
        with pytest.raises(UsageError):
            traces.show(which)
    assert traces.show("run-0198c1d2e3f4-5a6b7c8d").traces == ()


def test_production_traces_come_in_masked_and_priced_once(workspace, tmp_path):
    path = tmp_path / "p.jsonl"
    priced = call(1, cost=None, model="gpt-4.1-mini", tokens=(2000, 250))
    priced.attributes.update({"gen_ai.provider.name": "openai", "note": KEY})
    path.write_text("\n".join(json.dumps(write_otlp([s])) for s in (priced, span(1, trace=2))))
    traces = workspace().traces
    done = traces.import_file(path)
    assert (done.traces, done.spans, done.new_spans) == (2, 2, 2)
    assert traces.import_file(path).new_spans == 0
    detail = traces.show(f"{1:032x}")
    assert str(detail.summary.cost_usd) == "0.0012"
    assert detail.spans[0].attributes["note"] == "[openai-key]"


def test_what_is_exported_is_what_is_asked_for(workspace, tmp_path):
    found = workspace()
    for name in ("one", "two"):
        with found.tracing.span(name):
            pass
    done = found.traces.export(tmp_path / "a.jsonl", asked=TraceSearch(where="name = one"))
    assert (done.traces, done.spans) == (1, 1)
    with pytest.raises(UsageError, match="--overwrite"):
        found.traces.export(tmp_path / "a.jsonl")
    assert found.traces.export(tmp_path / "a.jsonl", overwrite=True).traces == 2
    assert len((tmp_path / "a.jsonl").read_text().splitlines()) == 2
    found.traces.export(tmp_path / "b.json", which="last")
    assert '"two"' in (tmp_path / "b.json").read_text()


def test_exported_and_imported_elsewhere_it_is_the_same(workspace, tmp_path):
    found = workspace()
    with found.tracing.span("one", {"a": 1}):
        pass
    found.traces.export(tmp_path / "a.json")
    (tmp_path / "other").mkdir()
    other = Workspace(tmp_path / "other")
    assert other.traces.import_file(tmp_path / "a.json").new_spans == 1
    assert other.traces.show().spans[0].attributes["a"] == 1
    other.close()


def test_old_traces_are_pruned_by_age(workspace):
    found = workspace('[audit.retention]\ntraces = "0s"\n')
    with found.tracing.span("now"):
        pass
    assert found.traces.prune(older_than="30d").traces == 0
    assert found.traces.prune(older_than="0s", dry_run=True).traces == 1
    with pytest.raises(UsageError, match="--older-than"):
        found.traces.prune(older_than="soon")


def test_traces_are_kept_as_long_as_the_settings_say(workspace):
    found = workspace()
    with found.tracing.span("now"):
        pass
    done = found.traces.prune(older_than="0s")
    assert (done.traces, done.young, done.keep_days) == (0, 1, 183.0)
    assert found.traces.show().spans


def test_capture_none_stores_no_span(workspace):
    found = workspace('[trace]\ncapture = "none"\n')
    with found.tracing.span("x"):
        pass
    assert found.traces.search().traces == ()


def test_attributes_and_patterns_of_the_settings_are_masked(workspace):
    settings = '[trace]\nredact = ["customer.*"]\npatterns = { ticket = "TCK-[0-9]{6}" }\n'
    found = workspace(settings)
    with found.tracing.span("about TCK-123456", {"customer.name": "Ada", "other": "TCK-123456"}):
        pass
    (kept,) = found.traces.show().spans
    assert kept.name == "about [ticket]"
    assert kept.attributes == {"customer.name": "[redacted]", "other": "[ticket]"}


def _trace_in_child(root):
    with root.tracing.span("child"):
        pass
    root.spans.flush()


@pytest.mark.skipif(sys.platform != "linux", reason="forks")
def test_a_forked_child_writes_its_own_spans_and_not_its_parents(workspace):
    found = workspace()
    with found.tracing.span("parent"):
        pass
    child = multiprocessing.get_context("fork").Process(target=_trace_in_child, args=(found,))
    child.start()
    child.join(30)
    assert child.exitcode == 0
    assert sorted(t.name for t in found.traces.search().traces) == ["child", "parent"]
