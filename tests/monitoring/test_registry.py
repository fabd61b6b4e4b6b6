from dataclasses import replace
from threading import Thread

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from llmops_magics.audit import trail
from llmops_magics.errors import UsageError
from llmops_magics.monitoring.record import Observation
from llmops_magics.monitoring.registry import MonitorRegistry
from llmops_magics.monitoring.rule import parse_rule

RULE = parse_rule("calls > 5 over 1h")


def seen(state, until="2030-01-01T00:00:01Z"):
    return Observation(state=state, value=7.0, calls=7, reason="", since="", until=until)


@pytest.fixture
def registry(store):
    return MonitorRegistry(store, actor=lambda: "ada")


def test_a_monitor_is_added_once_and_removed(registry):
    assert registry.add("busy", RULE, 20).changed
    assert not registry.add("busy", RULE, 20).changed
    assert [(m.name, m.rule, m.state) for m in registry.list()] == [("busy", RULE.text, "")]
    assert registry.remove("busy").action == "removed"
    assert registry.list() == ()
    with pytest.raises(UsageError, match=r"no monitor 'busy'.*There are: none"):
        registry.remove("busy")


def test_another_rule_begins_without_a_state(registry):
    registry.add("busy", RULE, 20)
    registry.record([(registry.get("busy"), seen("alert"))])
    assert registry.get("busy").state == "alert"
    registry.add("busy", parse_rule("calls > 9 over 1h"), 20)
    assert registry.get("busy").state == ""


@pytest.mark.parametrize("name", ["", "Busy", "a b", "../x", "<b>", "x" * 200])
def test_a_name_that_cannot_be(registry, name):
    with pytest.raises(UsageError, match="no name of a monitor"):
        registry.add(name, RULE, 20)


def test_only_changes_are_kept_and_audited(registry, store):
    registry.add("busy", RULE, 20)
    for state in ("ok", "ok", "alert", "alert", "no data"):
        until = f"2030-01-01T00:00:0{len(registry.changes(registry.get('busy'), 9)[0])}Z"
        registry.record([(registry.get("busy"), seen(state, until))])
    changes, total = registry.changes(registry.get("busy"), limit=2)
    assert total == 3
    assert [(c.before, c.state) for c in changes] == [("alert", "no data"), ("ok", "alert")]
    with store.read() as connection:
        events = [(e.action, e.resource) for e in trail.events(connection)]
        assert trail.verify(connection).problems == ()
    assert events == [("monitor.add", "monitor/busy"), *[("monitor.state", "monitor/busy")] * 3]


def test_an_earlier_measurement_overrules_no_later_one(registry):
    registry.add("busy", RULE, 20)
    fresh = registry.get("busy")
    assert registry.record([(fresh, seen("alert", "2030-01-01T00:00:05Z"))])
    assert registry.record([(fresh, seen("ok", "2030-01-01T00:00:04Z"))]) == ()
    assert registry.get("busy").state == "alert"


def test_a_monitor_that_is_gone_keeps_no_state(registry):
    registry.add("busy", RULE, 20)
    old = registry.get("busy")
    registry.remove("busy")
    assert registry.record([(old, seen("alert"))]) == ()


def test_of_many_who_check_at_once_one_records_the_change(registry):
    registry.add("busy", RULE, 20)
    monitor, found = registry.get("busy"), []
    threads = [
        Thread(target=lambda: found.extend(registry.record([(monitor, seen("alert"))])))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 1
    assert registry.newest_change() == found[0].id
    assert registry.latest_changes() == (replace(found[0]),)


@pytest.mark.parametrize("table", ["monitor", "monitor_state"])
def test_rows_are_only_added(registry, store, table):
    registry.add("busy", RULE, 20)
    registry.record([(registry.get("busy"), seen("alert"))])
    for change in (f"UPDATE {table} SET actor = 'x'", f"DELETE FROM {table}"):
        with pytest.raises(IntegrityError, match=f"{table} is append-only"), store.write() as c:
            c.execute(text(change))


KEY = "sk-proj-a1b2a1b2a1b2a1b2a1b2a1b2"


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("busy", f"calls[prompt={KEY}] > 5 over 1h"),
        ("busy", "calls[prompt=a@b.example] > 5 over 1h"),
        (KEY, "calls > 5 over 1h"),
    ],
)
def test_what_may_not_be_written_is_refused_and_nothing_of_it_stored(registry, name, rule):
    with pytest.raises(UsageError, match="no secrets"):
        registry.add(name, parse_rule(rule), 20)
    assert registry.list() == ()
