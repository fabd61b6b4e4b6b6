"""``%llm_metrics``, ``%llm_monitor`` and the banner, in a real shell."""

from __future__ import annotations

import pytest


@pytest.fixture
def capital(capital, tmp_path, monkeypatch):
    monkeypatch.setenv("LLMOPS_CONFIG_DIR", str(tmp_path / "config"))
    return capital


ASK = "import llmops_magics as l\nl.ask('geo/capital', country='France')"


def test_metrics_of_a_cell(capital):
    capital.ok(ASK)
    metrics = capital.ok("%llm_metrics --by prompt --since 1h --where prompt=geo/capital").value
    assert [(g.key, g.calls) for g in metrics.groups] == [("geo/capital", 1)]
    shown = capital.ok("%llm_metrics --plot")
    assert shown.value.is_plotted
    assert "data:image/png" in shown.value._repr_mimebundle_()["text/html"]


def test_a_banner_below_the_cell_at_most_once(capital):
    capital.ok('%llm_monitor add "calls > 0 over 1h" --name busy')
    kinds = [kind for _ in range(3) for kind in capital.ok(ASK).kinds()]
    assert kinds.count("monitor-banner") == 1
    assert kinds[0] == "trace"  # the cell's own line stands above it


def test_a_gate_shows_no_banner(capital, monkeypatch):
    capital.ok('%llm_monitor add "calls > 0 over 1h" --name busy')
    monkeypatch.setenv("LLMOPS_GATE", "1")
    assert "monitor-banner" not in capital.ok(ASK).kinds()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("%llm_monitor add 'latency > 1'", "cannot be read"),
        ("%llm_monitor add 'calls > 1 over 1h' --notify mail:x", "is no way to be told"),
        ("%llm_monitor remove none", "There is no monitor 'none'"),
        ("%llm_monitor boo", "no operation 'boo'"),
        ("%llm_metrics --since never", "no length of time"),
        ("%llm_metrics --where user=me", "no filter 'user'"),
    ],
)
def test_a_bad_line_is_one_red_line(capital, line, said):
    assert said in capital.refused(line)


def test_completion(capital):
    capital.ok('%llm_monitor add "calls > 0 over 1h" --name busy')
    assert capital.complete("%llm_monitor sh") == ["show"]
    assert capital.complete("%llm_monitor show b") == ["busy"]
    assert "--plot" in capital.complete("%llm_metrics --p")
