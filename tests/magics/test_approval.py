"""``%llm_approve`` and ``%llm_approvals`` in a real shell."""

from __future__ import annotations

import builtins
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "release" / "approval"))
from approval_desk import desk, ready

__all__ = ["desk", "ready"]
REF = "support/answer@1"


@pytest.fixture
def bob(ready, shell):
    """The shell of bob, who may approve what ann wrote."""
    ready.be("bob")
    return shell


def test_the_evidence_is_shown_before_a_reason_is_asked_for(bob, monkeypatch):
    asked = []
    monkeypatch.setattr(builtins, "input", lambda question: asked.append(question) or "Right.")
    shown = bob.ok(f"%llm_approve {REF} production")
    assert shown.kinds() == ["readiness"]
    assert shown.value.kind == "approval"
    assert asked == ["Your reason to approve (empty: leave it): "]
    assert shown.value.reason == "Right."


def test_no_reason_no_signature(bob, monkeypatch):
    monkeypatch.setattr(builtins, "input", lambda _: " ")
    assert "Nothing was signed" in bob.run(f"%llm_approve {REF}").err
    assert bob.ok("%llm_approvals").value.waiting == ()


def test_a_cell_of_a_gate_cannot_approve(bob, monkeypatch):
    monkeypatch.setenv("LLMOPS_GATE", "1")
    said = bob.run(f'%llm_approve {REF} --reason "Right."').err
    assert "nothing is approved inside a gate" in said


def test_a_cell_without_a_key_cannot_approve(bob, ready):
    ready.be("eve")
    said = bob.run(f'%llm_approve {REF} --reason "Right."').err
    assert "no key to sign with" in said


def test_the_author_cannot_approve(bob, ready):
    ready.be("ann")
    assert "four eyes" in bob.run(f'%llm_approve {REF} --reason "Mine."').err


def test_what_waits_is_listed(bob, ready):
    ready.be("ann")
    bob.ok(f'%llm_approvals request {REF} production --reason "New rules."')
    (waiting,) = bob.ok("%llm_approvals").value.waiting
    assert waiting.reason == "New rules."
    assert not bob.ok(f"%llm_approvals show {REF} production").value.ready


def test_values_are_completed(bob):
    assert "support/answer" in bob.complete("%llm_approve sup")
    assert "production" in bob.complete("%llm_approve support/answer prod")
    assert "withdraw" in bob.complete("%llm_approvals with")
