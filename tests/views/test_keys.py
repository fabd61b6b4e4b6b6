from __future__ import annotations

from html.parser import HTMLParser

import pytest

import llmops_magics.views  # noqa: F401  (fills the registry)
from llmops_magics.audit.signing.register import RegisteredKey
from llmops_magics.record import VIEWS
from llmops_magics.workbench.signing import KeyList

AT = "2026-11-24T02:19:20.000000Z"
HOSTILE = "<script>alert(1)</script>\u202e\x1b[31m"


def key(name="ann", number=1, **fields):
    key_id = f"ed25519:{number:016x}"
    return RegisteredKey(name=name, key_id=key_id, public=f"{number:064x}", added_at=AT, **fields)


def listed(*keys, **fields):
    return KeyList(keys=keys, register="llmops.keys.toml", own_name="ann", **fields)


def test_ones_own_key_and_a_revoked_one_are_told():
    gone = key("bob", 2, revoked_at=AT, reason="lost")
    text = str(listed(key(), gone, own=key().key_id, own_path="/home/ann/key.pem"))
    assert "2 keys in llmops.keys.toml" in text
    assert "ed25519:0000000000000001 (yours)" in text
    assert "revoked 2026-11-24 02:19:20 UTC: lost" in text
    assert "in /home/ann/key.pem" in text


@pytest.mark.parametrize(
    ("own", "words"), [("", "no key here: llmops keys new"), ("ed25519:9", "llmops keys add")]
)
def test_it_says_what_to_do_next(own, words):
    assert words in str(listed(key(), own=own))


def test_one_key_shows_its_public_part():
    assert f"public key  {1:064x}" in str(key())
    unknown = RegisteredKey(name="ann", key_id="ed25519:1", public="00", added_at="")
    assert "not registered: llmops keys add" in str(unknown)


@pytest.mark.parametrize("record", [listed(key(HOSTILE, revoked_at=AT, reason=HOSTILE)),
                                    key(HOSTILE, revoked_at=AT, reason=HOSTILE)])  # fmt: skip
def test_a_hostile_name_stays_text(record):
    view = VIEWS[record.kind]
    tags = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, _: tags.append(tag)
    parser.feed(view.html(record))
    assert "script" not in tags
    assert "\x1b" not in view.text(record)
    assert "\u202e" not in view.text(record)
