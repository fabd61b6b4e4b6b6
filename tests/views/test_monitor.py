from metric_records import change, monitor, observation

from llmops_magics.monitoring.record import MonitorBanner, MonitorCheck, MonitorList
from llmops_magics.views.monitor import (
    monitor_banner_html,
    monitor_banner_text,
    monitor_check_text,
    monitor_list_html,
    monitor_list_text,
)


def test_a_list_shows_values_in_their_units():
    money = monitor(
        "dear", rule="cost_usd > 5 over 1d", observation=observation(value=7.5, is_lower_bound=True)
    )
    rate = monitor(
        "bad", rule="error_rate > 5% over 1h", state="ok", observation=observation(value=0.031)
    )
    never = monitor("new", state="", state_since="", observation=None)
    shown = monitor_list_text(MonitorList(monitors=(monitor(), money, rate, never)))
    assert "5.2 s" in shown
    assert "at least $7.50" in shown
    assert "3.1%" in shown
    assert "not checked" in shown


def test_no_monitors_say_how_to_begin():
    assert "%llm_monitor add" in monitor_list_text(MonitorList(monitors=()))
    assert "%llm_monitor add" in monitor_list_html(MonitorList(monitors=()))


def test_a_check_says_what_changed():
    check = MonitorCheck(
        at="2030-01-31T09:15:00.000000Z", monitors=(monitor(),), changes=(change(),)
    )
    lines = monitor_check_text(check).splitlines()
    assert lines[0] == "1 monitor: 1 alert · 2030-01-31 09:15:00 UTC"
    assert "slow: alert (was ok) · 5.2 s on 40 calls" in lines[-1]
    assert check.exit_code == 1


def test_exit_codes():
    def code(*states):
        monitors = tuple(monitor(state=state) for state in states)
        return MonitorCheck(at="", monitors=monitors, changes=()).exit_code

    assert [code("ok"), code("ok", "no data"), code("no data", "alert"), code()] == [0, 3, 1, 3]


def test_a_banner_is_static_and_says_its_state_in_words():
    banner = MonitorBanner(changes=(change(),))
    html = monitor_banner_html(banner)
    assert "1 monitor alerts" in html
    assert "✗ slow" in html
    assert "<script" not in html
    assert monitor_banner_text(banner).startswith("1 monitor alerts\n  slow: p95(latency_ms)")
