"""``llmops keys``, as processes."""

from __future__ import annotations

import json

import pytest


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("LLMOPS_ACTOR", "ann")


def test_keys_are_made_listed_shown_and_revoked(llmops, refused, folder):
    assert "ann has no key here: llmops keys new" in llmops("keys", "list").stdout
    done = llmops("keys", "new")
    assert done.returncode == 0, done.stderr
    assert "1 key in llmops.keys.toml" in done.stdout
    assert "(yours)" in done.stdout
    shown = json.loads(llmops("keys", "show", "--json").stdout)
    assert (shown["name"], len(shown["public"])) == ("ann", 64)
    assert shown["public"] in (folder / "llmops.keys.toml").read_text()
    assert "has a key already" in refused("keys", "new")
    gone = llmops("keys", "revoke", shown["key_id"], "--reason", "lost").stdout
    assert "revoked" in gone
    assert "lost" in gone
    assert "ok: 2 events" in llmops("audit", "verify").stdout


def test_anothers_public_key_is_added(llmops, refused):
    public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"  # of RFC 8032
    assert "whose key" in refused("keys", "add", public)
    assert "bob" in llmops("keys", "add", public, "--name", "bob").stdout
    assert "bob" in llmops("keys", "list").stdout
    assert "for 'bob'" in refused("keys", "add", public, "--name", "eve")
