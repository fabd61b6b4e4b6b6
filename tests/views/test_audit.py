from __future__ import annotations

from audit_records import account, event, incident, report

from llmops_magics.audit.search import AuditLog, AuditSearch
from llmops_magics.release.incident import IncidentList
from llmops_magics.views.account import account_html, account_text
from llmops_magics.views.audit import audit_report_text
from llmops_magics.views.audit_event import audit_log_text, said_of
from llmops_magics.views.incident import incident_list_html, incident_list_text


def test_a_change_is_said_in_a_line():
    bundle = {"prompt": "a", "number": 3}
    body = {
        "before": {"generation": 4, "stable": bundle, "share": 0.05},
        "after": {"generation": 5, "stable": bundle | {"number": 4}, "share": 0.05},
        "reason": "better",
    }
    assert said_of(event(body=body)) == "stable a@3 → a@4 · “better”"
    assert said_of(event(body={"before": 3, "after": 4})) == "3 → 4"
    run = {"folder": "x", "digests": {"a": "b"}, "mode": "live", "verdict": "PASS"}
    assert said_of(event(body=run)) == "verdict PASS, mode live"


def test_a_log_says_where_the_trail_ends():
    log = AuditLog(search=AuditSearch(action="release"), events=(event("jo"),), newest_seq=9)
    assert audit_log_text(log).startswith(
        "1 event of the audit trail · action release · the trail ends at event 9"
    )


def test_a_result_stands_in_the_first_line():
    sound = report("sha256:1", problems=(), warnings=())
    words = "9 events, 1 archive, 2 signed heads, head sha256:1"
    assert audit_report_text(sound) == f"ok: {words}"
    assert audit_report_text(report("sha256:1")).startswith(f"BROKEN: {words}")


def test_broken_glass_and_open_incidents_cannot_be_overlooked():
    loud = account("x")
    assert "Released in an emergency" in account_html(loud)
    assert "! emergency release, event 7" in account_text(loud)
    quiet = account("x", broken_glass=(), incidents=())
    assert "emergency" not in account_html(quiet)


def test_incidents_count_the_open_ones():
    listed = IncidentList(incidents=(incident("a"), incident("b", state="closed")))
    assert incident_list_text(listed).startswith("2 incidents, 1 open")
    assert "! open" in incident_list_html(listed)
    assert "incident open" in incident_list_text(IncidentList(incidents=()))
