"""Monitors over real calls to a scripted endpoint, told by a real command."""

from __future__ import annotations

import json
import sys
import time

import pytest

from llmops_magics.audit import trail
from llmops_magics.errors import UsageError
from llmops_magics.workspace import Workspace


@pytest.fixture
def workspace(folder, endpoint, tmp_path, monkeypatch):
    monkeypatch.setenv("LLMOPS_CONFIG_DIR", str(tmp_path / "config"))
    endpoint("Paris")
    made = Workspace(folder)
    made.prompts.register("geo/capital", "Capital of {{ country }}?")
    yield made
    made.close()


def ask(workspace, *countries):
    for country in countries:
        workspace.ask("geo/capital", country=country)


def test_metrics_of_real_calls(workspace):
    ask(workspace, "France", "Peru")
    metrics = workspace.monitors.metrics(by="version", since="1h", where={"prompt": "geo/capital"})
    assert [(g.key, g.calls) for g in metrics.groups] == [("geo/capital@1", 2)]
    assert metrics.total.p50_ms > 0
    assert 'prompt="geo/capital",status="ok"} 2' in workspace.monitors.prometheus()
    assert workspace.monitors.metrics(since="all").total.calls == 2
    with pytest.raises(UsageError, match=r"no length of time.*or all"):
        workspace.monitors.metrics(since="yesterday")


def test_a_change_is_stored_told_once_and_audited(workspace, tmp_path):
    out = tmp_path / "told.jsonl"
    script = tmp_path / "notify.py"
    script.write_text("import sys\nopen(sys.argv[1], 'a').write(sys.stdin.read() + '\\n')\n")
    way = f"command:{sys.executable} {script} {out}"
    added = workspace.monitors.add("calls > 1 over 1h", name="busy", notify=[way])
    assert added.ways == (f"command:{sys.executable.rpartition('/')[2]}",)
    assert workspace.monitors.check().exit_code == 0
    ask(workspace, "France", "Peru")
    first, second = workspace.monitors.check(), workspace.monitors.check()
    assert (first.exit_code, second.exit_code) == (1, 1)
    assert [(c.before, c.state) for c in first.changes] == [("ok", "alert")]
    assert [n.problem for n in first.notices] == [""]
    assert (second.changes, second.notices) == ((), ())
    (told,) = map(json.loads, out.read_text().splitlines())
    assert (told["monitor"], told["state"]) == ("busy", "alert")
    with workspace.store.read() as connection:
        actions = [event.action for event in trail.events(connection)]
    assert actions[-3:] == ["monitor.state", "monitor.state", "monitor.notice"]
    shown = workspace.monitors.show("busy")
    assert (shown.now.state, shown.total_changes) == ("alert", 2)


def test_neither_address_nor_command_is_in_the_workspace(workspace, folder, webhook_secret):
    workspace.monitors.add(
        "calls > 0 over 1h", name="a", notify=[f"webhook:https://x.test/{webhook_secret}"]
    )
    workspace.monitors.add("calls > 0 over 2h", name="b", notify=[f"command:true {webhook_secret}"])
    workspace.close()
    content = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert b"calls > 0 over 2h" in content
    assert webhook_secret.encode() not in content


@pytest.fixture
def webhook_secret():
    return "T000-planted-secret"


def test_a_row_that_somebody_else_writes_runs_nothing(workspace, tmp_path):
    marker = tmp_path / "ran"
    workspace.monitors.add("calls > 100 over 1h", name="mine", notify=[f"command:touch {marker}"])
    other = Workspace(workspace.root)
    other.monitors._told._path = tmp_path / "their-config" / "monitors.json"
    other.monitors.add("calls < 100 over 1h", name="mine")  # now it alerts at once
    assert workspace.monitors.check().exit_code == 1
    assert not marker.exists()
    other.close()


def test_adding_again_sets_only_how_one_is_told(workspace):
    workspace.monitors.add("calls > 100 over 1h", notify=["command:true"])
    again = workspace.monitors.add("calls > 100 over 1h", notify=["command:false"])
    assert (again.changed, again.ways) == (False, ("command:false",))
    assert workspace.monitors.add("calls > 100 over 1h").ways == ("command:false",)
    assert workspace.monitors.add("calls > 100 over 1h", notify=["notebook"]).ways == ()
    workspace.monitors.remove("calls")
    assert workspace.monitors.list().monitors == ()


def test_a_name_is_made_of_the_metric(workspace):
    edit = workspace.monitors.add("p95(latency_ms)[prompt=geo/capital] > 4000 over 15m")
    assert edit.name == "p95-latency_ms-geo/capital"


def test_a_banner_comes_once_a_change(workspace):
    workspace.monitors.add("calls > 0 over 1h", name="busy")
    ask(workspace, "France")
    banner, deadline = None, time.monotonic() + 10
    while banner is None and time.monotonic() < deadline:
        banner = workspace.monitors.after_cell()
    assert [c.monitor for c in banner.changes] == ["busy"]
    assert workspace.monitors.after_cell() is None
