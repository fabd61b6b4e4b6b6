"""``%llm_audit`` in a real shell."""

from __future__ import annotations


def test_what_is_done_is_logged_shown_and_verified(shell, folder):
    opened = shell.ok('%llm_audit incident open a/b@production --title "wrong"').value
    log = shell.ok("%llm_audit log a/b --action incident").value
    assert [event.action for event in log.events] == ["incident.open"]
    event = shell.ok(f"%llm_audit show {log.events[0].seq}").value
    assert event.resource == opened.resource == "a/b@production"
    report = shell.ok("%llm_audit verify").value
    assert (report.problems, report.events) == ((), 1)
    exported = shell.ok("%llm_audit export jsonl -o trail.jsonl").value
    assert (folder / "trail.jsonl").is_file()
    assert exported.events == 1


def test_a_hold_stands_until_it_is_ended(shell, folder):
    held = shell.ok('%llm_audit hold "support/*" --reason "case 12"').value
    assert held.resource == "support/*"
    report = shell.ok("%llm_audit retention").value
    assert [each.resource for each in report.holds] == ["support/*"]
    assert shell.ok('%llm_audit hold "support/*" --reason "over" --end').value.seq == held.seq
    assert shell.ok("%llm_audit retention --apply").value.holds == ()


def test_what_cannot_be_is_said_in_a_line(shell, folder):
    assert "There is no event 99" in shell.run("%llm_audit show 99").err
    assert "names no environment" in shell.run("%llm_audit who a/b").err
    assert "nothing sealed" in shell.run("%llm_audit erase Ana --reason asked").err
