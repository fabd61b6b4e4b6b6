from __future__ import annotations

import base64
import json

import pytest

from llmops_magics.audit.signing.envelope import Envelope, sign_statement, verify
from llmops_magics.audit.signing.key import new_key
from llmops_magics.audit.signing.statement import (
    GATE_RUN,
    LOG_HEAD,
    check_statement,
    statement,
    subjects_of,
)
from llmops_magics.errors import SigningError
from llmops_magics.record import canonical_json, digest_bytes

DIGEST = digest_bytes(b"x")


@pytest.fixture
def key(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return new_key("ann")


@pytest.fixture
def made():
    return statement(LOG_HEAD, {"audit-trail": DIGEST}, {"seq": 7, "share": 0.1, "name": "ä"})


def test_what_is_signed_comes_back(key, made):
    envelope = Envelope.from_json(sign_statement(key, made).to_json())
    found = verify(envelope, [key.public_hex])
    assert (found.key_id, found.public_hex, found.name) == (key.key_id, key.public_hex, "ann")
    assert subjects_of(found.statement) == {"audit-trail": DIGEST}
    signer = {"name": "ann", "key_id": key.key_id, "public": key.public_hex}
    assert found.statement["predicate"] == {**made["predicate"], "signer": signer}


def test_a_library_of_others_verifies_it(key, made):
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    written = json.loads(sign_statement(key, made).to_json())
    payload = base64.b64decode(written["payload"])
    kind = b"application/vnd.in-toto+json"
    pae = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key.public_hex))
    public.verify(base64.b64decode(written["signatures"][0]["sig"]), pae)


def test_the_statement_is_one_of_in_toto(key, made):
    from google.protobuf.json_format import Parse
    from in_toto_attestation.v1.statement import Statement
    from in_toto_attestation.v1.statement_pb2 import Statement as Message

    message = Parse(sign_statement(key, made).payload, Message())
    Statement.copy_from_pb(message).validate()
    assert message.predicate_type == LOG_HEAD


def test_each_byte_of_an_envelope_counts(key, made):
    content = sign_statement(key, made).to_json().encode()
    for place in range(len(content)):
        for bit in (1, 32, 128):
            changed = bytearray(content)
            changed[place] ^= bit
            with pytest.raises(SigningError):
                verify(Envelope.from_json(bytes(changed)))


def _rewritten(content, change):
    written = json.loads(content)
    change(written)
    return canonical_json(written).decode() + "\n"


def _twice(written):
    one = written["signatures"][0]
    written["signatures"] = [one, {**one, "keyid": "ed25519:" + "0" * 16}]


@pytest.mark.parametrize(
    "change",
    [
        lambda w: w.update(payloadType="application/json"),
        lambda w: w.update(more=1),
        lambda w: w.update(signatures=[]),
        lambda w: w.update(signatures={}),
        lambda w: w.update(payload=w["payload"] + "!"),
        lambda w: w.update(payload=7),
        lambda w: w["signatures"][0].update(more=1),
        lambda w: w["signatures"][0].update(keyid=None),
        _twice,
    ],
)
def test_an_envelope_of_another_shape_is_refused(key, made, change):
    content = sign_statement(key, made).to_json()
    with pytest.raises(SigningError):
        verify(Envelope.from_json(_rewritten(content, change)))


@pytest.mark.parametrize("around", ["{}\n", "{} ", " {}", "{}{{}}", "\ufeff{}"])
def test_bytes_around_an_envelope_are_refused(key, made, around):
    with pytest.raises(SigningError):
        Envelope.from_json(around.format(sign_statement(key, made).to_json()))


def test_a_key_that_stands_twice_is_refused(key, made):
    content = sign_statement(key, made).to_json()
    with pytest.raises(SigningError, match="not as it was written"):
        Envelope.from_json(content.replace('{"payload":', '{"payload":"AA==","payload":', 1))


@pytest.mark.parametrize("text", ["", "[]", "null", "1", '"x"', "[" * 100_000, "\udcff"])
def test_what_is_no_envelope_is_refused(text):
    with pytest.raises(SigningError):
        Envelope.from_json(text)


def test_another_key_and_another_signature_are_refused(key, made):
    other = new_key("eve")
    ours, theirs = sign_statement(key, made), sign_statement(other, made)
    with pytest.raises(SigningError, match="none of the keys"):
        verify(theirs, [key.public_hex])
    swapped = Envelope(payload=ours.payload, key_id=ours.key_id, signature=theirs.signature)
    with pytest.raises(SigningError, match="does not hold"):
        verify(swapped)
    renamed = Envelope(payload=ours.payload, key_id=theirs.key_id, signature=theirs.signature)
    with pytest.raises(SigningError, match="not the one that the statement names"):
        verify(renamed)


def test_a_signed_statement_that_reads_in_two_ways_is_refused(key, made):
    from securesystemslib import dsse

    signed = sign_statement(key, made)
    for payload in (signed.payload.replace(b'{"_type"', b'{"_type":"x","_type"', 1), b" 1", b"[]"):
        pae = dsse.Envelope(payload, "application/vnd.in-toto+json", {}).pae()
        forged = Envelope(payload=payload, key_id=key.key_id, signature=key.sign(pae))
        with pytest.raises(SigningError):
            verify(forged)


@pytest.mark.parametrize(
    ("kind", "subjects", "predicate"),
    [
        (LOG_HEAD, {}, {"a": 1}),
        (LOG_HEAD, {"a": "sha256:00"}, {"a": 1}),
        (LOG_HEAD, {"a": "md5:" + "0" * 64}, {"a": 1}),
        (LOG_HEAD, {"": DIGEST}, {"a": 1}),
        (LOG_HEAD, {"a": DIGEST}, {}),
        ("https://example.com/other/v1", {"a": DIGEST}, {"a": 1}),
    ],
)
def test_a_statement_that_says_nothing_is_refused(kind, subjects, predicate):
    with pytest.raises(SigningError):
        statement(kind, subjects, predicate)


def test_subjects_are_in_the_order_of_their_names():
    made = statement(GATE_RUN, {"b": DIGEST, "a": DIGEST}, {"x": 1})
    assert [each["name"] for each in made["subject"]] == ["a", "b"]
    made["subject"].append(made["subject"][0])
    with pytest.raises(SigningError, match="twice"):
        check_statement(made)


def test_nobody_else_is_named_the_signer(key):
    made = statement(LOG_HEAD, {"a": DIGEST}, {"signer": {"name": "bob"}})
    with pytest.raises(SigningError, match="names a signer already"):
        sign_statement(key, made)
