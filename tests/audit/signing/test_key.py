from __future__ import annotations

import hashlib
import os
import stat
import threading

import pytest

from llmops_magics.audit.signing.key import has_key, key_id_of, key_path, load_key, new_key
from llmops_magics.errors import SigningError


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def test_a_key_is_made_once_and_is_its_owners_alone():
    made = new_key("ann")
    assert load_key("ann") == made
    assert has_key("ann")
    assert not has_key("bob")
    path = key_path("ann")
    if os.name != "nt":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    with pytest.raises(SigningError, match="has a key already"):
        new_key("ann")
    assert "private" not in repr(made)


def test_the_id_is_of_the_raw_public_key():
    made = new_key("ann")
    digest = hashlib.sha256(bytes.fromhex(made.public_hex)).hexdigest()
    assert made.key_id == f"ed25519:{digest[:16]}" == key_id_of(made.public_hex)
    with pytest.raises(SigningError, match="no Ed25519 public key"):
        key_id_of("AB" * 32)


def test_what_it_signs_verifies_by_the_public_key():
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    made = new_key("ann")
    Ed25519PublicKey.from_public_bytes(bytes.fromhex(made.public_hex)).verify(made.sign(b"x"), b"x")


def test_a_passphrase_locks_the_file(monkeypatch):
    monkeypatch.setenv("LLMOPS_KEY_PASSPHRASE", "open sesame")
    made = new_key("ann")
    assert b"ENCRYPTED" in key_path("ann").read_bytes()
    assert load_key("ann") == made
    monkeypatch.setenv("LLMOPS_KEY_PASSPHRASE", "wrong")
    with pytest.raises(SigningError, match="cannot be opened"):
        load_key("ann")
    monkeypatch.delenv("LLMOPS_KEY_PASSPHRASE")
    with pytest.raises(SigningError, match="Set LLMOPS_KEY_PASSPHRASE"):
        load_key("ann")


def test_a_key_may_not_be_in_the_workspace(tmp_path, monkeypatch):
    monkeypatch.setenv("LLMOPS_SIGNING_KEY", str(tmp_path / "work" / "keys" / "me.pem"))
    with pytest.raises(SigningError, match="inside the workspace"):
        new_key("ann", workspace=tmp_path / "work")
    (tmp_path / "work").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "work")
    monkeypatch.setenv("LLMOPS_SIGNING_KEY", str(tmp_path / "link" / "me.pem"))
    with pytest.raises(SigningError, match="inside the workspace"):
        new_key("ann", workspace=tmp_path / "work")


def test_another_file_can_be_named(tmp_path, monkeypatch):
    monkeypatch.setenv("LLMOPS_SIGNING_KEY", str(tmp_path / "ci.pem"))
    made = new_key("ci", workspace=tmp_path / "work")
    assert (tmp_path / "ci.pem").is_file()
    assert load_key("ci") == made


@pytest.mark.skipif(os.name == "nt", reason="nobody can say")
def test_a_key_that_others_may_read_is_refused():
    new_key("ann")
    key_path("ann").chmod(0o640)
    with pytest.raises(SigningError, match="others may read"):
        load_key("ann")


def test_a_new_key_puts_the_old_one_aside():
    old = new_key("ann")
    new = new_key("ann", replace=True)
    assert new.key_id != old.key_id
    aside = key_path("ann").with_name(f"key-ann.{old.key_id[8:]}.old.pem")
    assert aside.is_file()


@pytest.mark.parametrize("name", ["../../etc/x", "CON", "a/b", "Ann", "ann ", "Änn", "x" * 300])
def test_any_name_has_a_file_of_its_own_in_the_folder(name):
    assert key_path(name).parent == key_path("ann").parent
    assert key_path(name) != key_path("ann")
    assert new_key(name).key_id == load_key(name).key_id


@pytest.mark.parametrize("content", [b"", b"nonsense", b"-----BEGIN PRIVATE KEY-----\nAAAA\n"])
def test_a_file_that_is_no_key_is_refused(content):
    new_key("ann")
    key_path("ann").write_bytes(content)
    with pytest.raises(SigningError, match="cannot be opened"):
        load_key("ann")


def test_a_key_of_another_kind_is_refused():
    from cryptography.hazmat.primitives import serialization as s
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

    new_key("ann")
    other = generate_private_key(SECP256R1())
    pem = other.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption())
    key_path("ann").write_bytes(pem)
    with pytest.raises(SigningError, match="not of the kind Ed25519"):
        load_key("ann")


def test_many_at_once_get_one_key():
    made = []

    def make():
        try:
            made.append(new_key("ann").key_id)
        except SigningError:
            made.append(load_key("ann").key_id)

    threads = [threading.Thread(target=make) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(made) == 8
    assert len(set(made)) == 1
