from __future__ import annotations

import pytest

from llmops_magics.audit.signing.key import key_id_of, new_key
from llmops_magics.audit.signing.public import read_public
from llmops_magics.audit.signing.register import KeyRegister, RegisteredKey
from llmops_magics.errors import SigningError

T1, T2, T3 = (f"2026-11-2{day}T00:00:00.000000Z" for day in "123")


@pytest.fixture
def key(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))

    def make(name):
        public = new_key(name).public_hex
        return RegisteredKey(name=name, key_id=key_id_of(public), public=public, added_at=T1)

    return make


def test_no_file_is_an_empty_register(tmp_path):
    register = KeyRegister.read(tmp_path / "none.toml")
    assert register.owner("ed25519:00") == ""
    assert not register.is_valid("ed25519:00", T1)


def test_it_is_read_as_it_was_written(tmp_path, key):
    register = KeyRegister().with_key(key('a "b" \\ ä')).with_key(key("bob"))
    path = tmp_path / "keys.toml"
    path.write_text(register.to_toml(), encoding="utf-8")
    assert KeyRegister.read(path) == register


def test_a_person_may_have_two_keys_and_a_key_one_person(key):
    one = key("ann")
    two = key("spare")
    register = KeyRegister((one,)).with_key(
        RegisteredKey(name="ann", key_id=two.key_id, public=two.public, added_at=T1)
    )
    assert [each.key_id for each in register.of("ann")] == [one.key_id, two.key_id]
    stolen = RegisteredKey(name="eve", key_id=one.key_id, public=one.public, added_at=T1)
    with pytest.raises(SigningError, match="registered already, for 'ann'"):
        register.with_key(stolen)


def test_a_revoked_key_keeps_what_it_signed_before(key):
    one = key("ann")
    register = KeyRegister((one,)).with_revoked(one.key_id, T2, "lost")
    assert register.owner(one.key_id) == "ann"
    assert register.is_valid(one.key_id, T1)
    assert not register.is_valid(one.key_id, T2)
    assert not register.is_valid(one.key_id, T3)
    with pytest.raises(SigningError, match="revoked already"):
        register.with_revoked(one.key_id, T3, "again")


def test_an_id_that_is_not_the_keys_is_refused(key):
    one, two = key("ann"), key("bob")
    mixed = RegisteredKey(name="ann", key_id=one.key_id, public=two.public, added_at=T1)
    with pytest.raises(SigningError, match="is not the id"):
        KeyRegister().with_key(mixed)


@pytest.mark.parametrize(
    "content",
    [
        "key = 1",
        "key = [1]",
        "[[key]]\nname = 'ann'",
        "[[key]]\nname = 'ann'\nkey_id = 1\npublic = 'x'\nadded_at = 'y'",
        "[other]\n",
        "not toml",
        "\x00",
    ],
)
def test_a_file_that_is_wrong_is_no_empty_register(tmp_path, content):
    path = tmp_path / "keys.toml"
    path.write_text(content)
    with pytest.raises(SigningError, match=r"keys\.toml is no register of keys"):
        KeyRegister.read(path)


@pytest.mark.parametrize(("old", "new"), [(T1, "yesterday"), ('name = "', 'admin = "')])
def test_an_entry_with_another_field_or_time_is_refused(tmp_path, key, old, new):
    path = tmp_path / "keys.toml"
    path.write_text(KeyRegister((key("ann"),)).to_toml().replace(old, new))
    with pytest.raises(SigningError, match="no register of keys"):
        KeyRegister.read(path)


def test_public_keys_are_read_in_any_form(tmp_path, key):
    from cryptography.hazmat.primitives import serialization as s
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    public = key("ann").public
    pem = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).public_bytes(
        s.Encoding.PEM, s.PublicFormat.SubjectPublicKeyInfo
    )
    (tmp_path / "ann.pub").write_bytes(pem)
    (tmp_path / "ann.hex").write_text(public.upper() + "\n")
    assert {read_public(p) for p in (public, tmp_path / "ann.pub", tmp_path / "ann.hex")} == {
        public
    }


@pytest.mark.parametrize("source", ["", "x", "0" * 64, "01" + "0" * 62, "/no/such/file"])
def test_what_is_no_public_key_or_a_weak_one_is_refused(source):
    with pytest.raises(SigningError):
        read_public(source)


def test_a_private_key_is_not_taken_for_a_public_one(key):
    from llmops_magics.audit.signing.key import key_path

    key("ann")
    with pytest.raises(SigningError, match="stays with its owner"):
        read_public(key_path("ann"))
