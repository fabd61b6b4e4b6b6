"""Buckets: the same for the same key, even, monotone, and independent between rollouts."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmops_magics.prompts.serving.assignment import assign, bucket
from llmops_magics.prompts.serving.plan import RolloutPlan, Rule
from llmops_magics.prompts.serving.pointer import Pointer, Target

KEYS = [f"user {n}" for n in range(20_000)]


def target(number):
    body = {"number": number, "prompt_digest": f"sha256:{number}", "model": "m", "index": {}}
    return Target.of(body)


def pointer(share=0.1, state="rolling", salt="p:1", **plan):
    return Pointer(
        environment="production",
        prompt="p",
        label="production",
        generation=1,
        action="promote",
        state=state,
        stable=target(1),
        candidate=target(2),
        held=target(1) if state == "holdback" else None,
        share=share,
        salt=salt,
        plan=RolloutPlan(**plan),
    )


def test_a_bucket_is_eight_bytes_of_the_hash():
    first = hashlib.sha256(b"salt\0key").digest()[:8]
    assert bucket("salt", "key") == int.from_bytes(first, "big") / 2**64


def test_shares_are_what_they_say_and_two_rollouts_are_independent():
    one, other = ({k for k in KEYS if bucket(salt, k) < 0.1} for salt in ("p:1", "p:2"))
    assert len(one) / len(KEYS) == pytest.approx(0.1, abs=0.01)
    assert len(one & other) / len(one) == pytest.approx(0.1, abs=0.03)


@given(st.text(min_size=1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 50))
@settings(max_examples=200, deadline=None)
def test_who_has_the_candidate_keeps_it_as_the_share_grows(key, one, other, holdback):
    less, more = sorted((one, other))
    if assign(pointer(less, holdback=holdback), key) == "candidate":
        assert assign(pointer(more, holdback=holdback), key) == "candidate"


@given(st.text(min_size=1), st.floats(0, 1), st.floats(1, 50))
@settings(max_examples=200, deadline=None)
def test_who_is_held_back_never_has_the_candidate(key, share, holdback):
    done = pointer(state="holdback", holdback=holdback)
    if assign(done, key) == "held":
        assert assign(pointer(share, holdback=holdback), key) == "stable"
        assert assign(pointer(1.0, holdback=holdback), key) == "stable"


@pytest.mark.parametrize("state", ["serving", "rolling", "paused", "shadow", "holdback"])
def test_without_a_key_it_is_the_stable_version(state):
    assert {assign(pointer(1.0, state, holdback=20), key) for key in (None, "")} == {"stable"}


def test_a_paused_rollout_keeps_its_share():
    rolling = pointer(0.5)
    paused = replace(rolling, state="paused")
    assert all(assign(rolling, key) == assign(paused, key) for key in KEYS[:500])


def test_the_first_rule_that_fits_decides():
    rules = (
        Rule(attribute="staff", operator="equals", values=("yes",), arm="candidate"),
        Rule(attribute="country", operator="in", values=("AT", "DE"), share=1.0),
        Rule(attribute="user", operator="prefix", values=("qa-",), arm="stable"),
    )
    there = pointer(0.0, rules=rules)
    assert assign(there, None, {"staff": "yes", "country": "FR"}) == "candidate"
    assert assign(there, "k", {"country": "DE"}) == "candidate"
    assert assign(there, "k", {"country": "FR"}) == "stable"
    assert assign(replace(there, share=1.0), "k", {"user": "qa-7"}) == "stable"


def test_no_bucket_is_lost_to_a_key_that_is_half_a_character():
    assert 0 <= bucket("s", "\ud800") < 1
