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


def test_a_person_is_forgotten_and_nothing_breaks(llmops, folder, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("LLMOPS_ACTOR", "Ana Lopez")
    (folder / "llmops.toml").write_text('[audit]\nactors = "sealed"\n', encoding="utf-8")
    llmops("audit", "incident", "open", "a/b@production", "--title", "wrong")
    assert "Ana Lopez" in llmops("audit", "log").stdout
    store = next(folder.rglob("llmops.db"))
    assert b"Ana Lopez" not in store.read_bytes()
    assert "Ana Lopez" in llmops("audit", "incident", "list", "--json").stdout
    monkeypatch.setenv("LLMOPS_ACTOR", "Bob")
    done = llmops("audit", "erase", "Ana Lopez", "--reason", "asked")
    assert (done.returncode, done.stdout[:7]) == (0, "person-")
    assert "Ana Lopez" not in llmops("audit", "log").stdout
    assert "(erased)" in llmops("audit", "incident", "list", "--json").stdout
    assert llmops("audit", "verify").stdout.startswith("ok: 2 events")


def test_holds_and_retention(llmops, refused):
    assert llmops("audit", "hold", "a/*", "--reason", "case 12").returncode == 0
    assert "held already" in refused("audit", "hold", "a/*", "--reason", "again")
    assert "case 12" in llmops("audit", "retention").stdout
    applied = json.loads(llmops("audit", "retention", "--apply", "--json").stdout)
    assert (applied["deleted"], len(applied["holds"])) == ([], 1)
    assert llmops("audit", "hold", "a/*", "--reason", "over", "--end").returncode == 0
