"""``llmops metrics`` and ``llmops monitor``, as processes."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def llmops(llmops, tmp_path, monkeypatch):
    monkeypatch.setenv("LLMOPS_CONFIG_DIR", str(tmp_path / "config"))
    return llmops


def test_metrics_of_an_empty_workspace(llmops, refused):
    done = llmops("metrics", "--json")
    body = json.loads(done.stdout)
    assert (done.returncode, body["kind"], body["total"]["calls"]) == (0, "metrics", 0)
    assert llmops("metrics", "--prometheus").stdout == ""
    assert "Leave the other options out" in refused("metrics", "--prometheus", "--since", "1h")


def test_monitors_and_their_exit_codes(llmops, refused):
    assert llmops("monitor", "check").returncode == 3  # nothing is watched: nothing is known
    assert llmops("monitor", "add", "calls > 5 over 1h", "--name", "busy").returncode == 0
    assert llmops("monitor", "check").returncode == 0
    llmops("monitor", "add", "p95(latency_ms) > 1 over 1h")
    assert llmops("monitor", "check").returncode == 3
    assert llmops("monitor", "check", "busy").returncode == 0
    llmops("monitor", "add", "calls < 5 over 1h", "--name", "silent")
    done = llmops("monitor", "check")
    assert done.returncode == 1
    assert "silent: alert" in done.stdout
    assert (
        'llmops_monitor_state{monitor="silent",state="alert"} 1'
        in llmops("metrics", "--prometheus").stdout
    )
    assert "There is no monitor 'none'" in refused("monitor", "show", "none")


def test_watching_prints_a_line_a_change(llmops):
    llmops("monitor", "add", "calls < 5 over 1h", "--name", "silent")
    done = llmops("monitor", "watch", "--every", "1s", "--times", "2")
    assert done.returncode == 1
    assert done.stdout.count("silent: alert") == 1
    assert llmops("monitor", "watch", "--every", "soon").returncode == 2
