"""``llmops audit``, as processes."""

from __future__ import annotations

import json


def test_incidents_and_the_log_of_them(llmops, refused):
    opened = llmops("audit", "incident", "open", "a/b@production", "--title", "wrong", "--json")
    body = json.loads(opened.stdout)
    assert (body["kind"], body["state"], body["severity"]) == ("incident", "open", "minor")
    done = llmops("audit", "incident", "close", body["id"], "--action", "rolled back")
    assert done.returncode == 0
    assert "2 events" in llmops("audit", "log", "a/b", "--action", "incident").stdout
    assert "There is no event 99" in refused("audit", "show", "99")
    assert "names no environment" in refused("audit", "who", "a/b")


def test_a_trail_verifies_here_and_elsewhere(llmops, folder):
    llmops("audit", "incident", "open", "a/b@production", "--title", "wrong")
    assert llmops("audit", "verify").stdout.startswith("ok: 1 event, 0 archives")
    cut = llmops("audit", "verify", "--head", "sha256:" + "1" * 64)
    assert (cut.returncode, cut.stdout[:6]) == (1, "BROKEN")
    assert "its tail was cut" in cut.stderr
    assert llmops("audit", "export", "jsonl", "-o", "trail.jsonl").returncode == 0
    assert llmops("audit", "export", "html", "--framework", "gdpr").returncode == 0
    assert (folder / "verify_export.py").is_file()
    assert "does not say whether any requirement" in (folder / "audit.html").read_text("utf-8")
