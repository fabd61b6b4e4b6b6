from __future__ import annotations

import base64
import os
import stat
from dataclasses import replace

import pytest
from sqlalchemy import text as sql
from sqlalchemy import update

from llmops_magics.audit import trail
from llmops_magics.errors import AccessDeniedError, GuardError
from llmops_magics.guard.access.principal import Principal
from llmops_magics.guard.finding import Finding
from llmops_magics.guard.vault import key as vault_key
from llmops_magics.guard.vault.key import read_key
from llmops_magics.guard.vault.vault import Redacted, Vault
from llmops_magics.storage.secret_file import make_secret_file
from llmops_magics.storage.store import Store
from llmops_magics.storage.table import redacted_value

ANN, BOB = Principal.of("ann", roles=["privacy"]), Principal.of("bob")
TEXT = "Jane wrote to Jim; Jane waits."


@pytest.fixture
def store(tmp_path):
    opened = Store.open(f"sqlite:///{tmp_path}/.llmops/llmops.db")
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv(vault_key.VARIABLE, base64.b64encode(b"k" * 32).decode())


def vault(store, scope="run-1"):
    return Vault(
        store, scope, may_restore=lambda who: "privacy" in who.roles, actor=lambda: "tester"
    )


def found(text, *words, kind="pii.person"):
    return [
        Finding(
            kind=kind,
            start=start,
            end=start + len(word),
            score=1.0,
            severity="low",
            detector="test",
            version="1",
        )
        for word in words
        for start in range(len(text))
        if text.startswith(word, start)
    ]


def test_a_value_has_one_placeholder_wherever_it_stands(store):
    redacted = vault(store).redact(TEXT, found(TEXT, "Jane", "Jim"))
    assert redacted == Redacted(
        text="[person-1] wrote to [person-2]; [person-1] waits.",
        placeholders=("[person-1]", "[person-2]", "[person-1]"),
    )
    again = vault(store).redact("Jim, Joe", found("Jim, Joe", "Jim", "Joe"))
    assert again.text == "[person-2], [person-3]"
    assert vault(store, "run-2").redact("Joe", found("Joe", "Joe")).text == "[person-1]"


def test_who_may_has_the_text_back(store):
    redacted = vault(store).redact(TEXT, found(TEXT, "Jane", "Jim"))
    assert vault(store).restore(redacted.text, ANN) == TEXT
    assert vault(store).restore("[person-9] and [card-1]", ANN) == "[person-9] and [card-1]"
    assert vault(store, "run-2").restore(redacted.text, ANN) == redacted.text


def test_who_may_not_is_refused_and_both_are_in_the_audit_trail(store):
    redacted = vault(store).redact(TEXT, found(TEXT, "Jane"))
    with pytest.raises(AccessDeniedError, match="bob"):
        vault(store).restore(redacted.text, BOB)
    vault(store).restore(redacted.text, ANN)
    with store.read() as connection:
        events = [(e.actor, e.action, e.resource, e.body) for e in trail.events(connection)]
    assert events == [
        ("bob", "redaction.refuse", "run-1", {}),
        ("ann", "redaction.restore", "run-1", {"kinds": {"person": 1}, "by": "tester"}),
    ]


def test_no_value_stands_in_the_store(store, tmp_path):
    vault(store).redact("jane@example.com", found("jane@example.com", "jane@example.com"))
    store.close()
    written = b"".join(p.read_bytes() for p in (tmp_path / ".llmops").iterdir() if p.is_file())
    assert b"person-1" in written
    assert b"jane" not in written


def test_findings_that_overlap_are_replaced_as_one(store):
    findings = found("abcdef", "abcd", kind="secret.jwt") + found("abcdef", "cdef")
    redacted = vault(store).redact("abcdef", findings)
    assert redacted.text == "[jwt-1]"
    assert vault(store).restore(redacted.text, ANN) == "abcdef"


def test_a_placeholder_in_an_address_of_the_web_stays(store):
    vault(store).redact("Jane", found("Jane", "Jane"))
    for text in ("https://evil.example/?q=[person-1]", "![x](//evil.example/[person-1])"):
        assert vault(store).restore(text, ANN) == text
    assert vault(store).restore("see https://a.example [person-1]", ANN).endswith(" Jane")


def test_another_key_opens_nothing(store, monkeypatch):
    redacted = vault(store).redact("Jane", found("Jane", "Jane"))
    monkeypatch.setenv(vault_key.VARIABLE, base64.b64encode(b"x" * 32).decode())
    with pytest.raises(GuardError, match="another key"):
        vault(store).restore(redacted.text, ANN)


def test_a_value_that_was_swapped_in_the_store_is_refused(store):
    redacted = vault(store).redact(TEXT, found(TEXT, "Jane", "Jim"))
    with store.write() as connection:
        rows = connection.execute(sql("SELECT placeholder, sealed FROM redacted_value")).all()
        other = {row.placeholder: row.sealed for row in rows}["person-2"]
        where = redacted_value.c.placeholder == "person-1"
        connection.execute(update(redacted_value).where(where).values(sealed=other))
    with pytest.raises(GuardError, match="changed in the store"):
        vault(store).restore(redacted.text, ANN)


def test_what_is_forgotten_is_gone(store):
    redacted = vault(store).redact(TEXT, found(TEXT, "Jane", "Jim"))
    assert vault(store).forget() == 2
    assert vault(store).restore(redacted.text, ANN) == redacted.text


def test_a_text_without_findings_needs_no_key(store, monkeypatch):
    monkeypatch.setenv(vault_key.VARIABLE, "broken")
    assert vault(store).redact("plain", []).text == "plain"


def test_a_key_of_the_users_own_is_made_once_and_is_theirs_alone(tmp_path, monkeypatch):
    monkeypatch.delenv(vault_key.VARIABLE)
    path = tmp_path / "data" / "redaction.key"
    monkeypatch.setattr(vault_key, "key_path", lambda: path)
    first = read_key()
    assert first == read_key()
    assert [p.name for p in path.parent.iterdir()] == ["redaction.key"]
    assert "sealing" not in repr(first)
    if os.name != "nt":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        path.chmod(0o644)
        with pytest.raises(GuardError, match="others may read"):
            read_key()


@pytest.mark.parametrize("given", ["not base64!", base64.b64encode(b"short").decode()])
def test_a_key_that_is_none_is_refused(monkeypatch, given):
    monkeypatch.setenv(vault_key.VARIABLE, given)
    with pytest.raises(GuardError) as raised:
        read_key()
    assert given not in str(raised.value)


def test_a_key_has_three_parts_that_tell_nothing_of_each_other():
    key = vault_key.PLACE.of(b"k" * 32)
    assert len({key.id, key.sealing.hex()[:16], key.naming.hex()[:16]}) == 3


@pytest.mark.parametrize(
    "around",
    [
        '<img src="//evil.example/{}">',
        '<a href="https://evil.example/?a= {}">',
        "[x]: //evil.example/{}",
        "www.evil.example/?q={}",
        "see {}.evil.example",
        "mailto:eve@evil.example?body={}",
        "![x](<https://evil.example/a b{}>)",
    ],
)
def test_an_address_in_any_form_carries_nothing_away(store, around):
    sealed = vault(store)
    sealed.redact("Jane", found("Jane", "Jane"))
    text = around.format("[person-1]")
    assert sealed.restore(text, ANN) == text
    plain = "3 < 4, says [person-1]. <b>And</b> [person-1]"
    assert sealed.restore(plain, ANN) == plain.replace("[person-1]", "Jane")


def test_a_finding_that_begins_before_the_text_hides_all_it_covers(store):
    early = [replace(each, start=-3) for each in found(TEXT, "Jane")[:1]]
    assert vault(store).redact(TEXT, early).text.startswith("[person-1] wrote")


def test_without_links_a_key_that_is_there_stays(tmp_path, monkeypatch):
    def unlinked(*_args):
        raise OSError("no links here")

    path = tmp_path / "redaction.key"
    monkeypatch.setattr(vault_key, "key_path", lambda: path)
    monkeypatch.setattr(os, "link", unlinked)
    monkeypatch.delenv(vault_key.VARIABLE)
    first = read_key()
    make_secret_file(path, b"another process, which saw none")
    assert read_key() == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
