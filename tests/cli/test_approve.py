"""``llmops approve`` and ``llmops approvals``, as the command line runs them."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "release" / "approval"))
from approval_desk import desk, ready

from llmops_magics.cli import approvals, approve
from llmops_magics.errors import ApprovalError

__all__ = ["desk", "ready"]
REF = "support/answer@1"


@pytest.fixture
def run(ready):
    """``run(who, *words)`` parses and runs a command as somebody."""
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers()
    approve.add_to(commands), approvals.add_to(commands)

    def command(who, *words):
        ready.be(who)
        args = parser.parse_args(words)
        return args.run(args)

    return command


def test_the_evidence_is_shown_and_then_signed(run, capsys):
    assert run("bob", "approve", REF, "production", "--reason", "Right.", "--json") == 0
    out, err = capsys.readouterr()
    assert err.startswith(f"NOT READY: {REF} to production")
    assert "contains >= 0.6" in err
    given = json.loads(out)
    assert (given["kind"], given["approver"], given["state"]) == ("approval", "bob", "valid")


def test_without_a_terminal_a_reason_must_be_given(run):
    with pytest.raises(ApprovalError, match="Nothing was signed"):
        run("bob", "approve", REF)


def test_a_way_from_the_request_to_the_release(run, capsys):
    assert run("ann", "approvals") == 0
    assert "Nothing waits" in capsys.readouterr().out
    run("ann", "approvals", "request", REF, "production", "--reason", "New rules.")
    run("ann", "approvals")
    assert "waits for 1 approval: support/answer@1 to production" in capsys.readouterr().out
    assert run("bob", "approvals", "show", REF) == 1
    run("bob", "approve", REF, "-m", "Right.")
    assert run("bob", "approvals", "show", REF) == 0
    out = capsys.readouterr().out
    assert out.rpartition("READY")[0].count("NOT") == 1


def test_a_no_and_its_withdrawal(run, capsys):
    run("bob", "approve", REF, "--reject", "--reason", "Too rude.", "--json")
    given = json.loads(capsys.readouterr().out)
    assert given["decision"] == "reject"
    run("bob", "approvals", "withdraw", given["id"], "--reason", "It is fine.")
    assert f"bob takes back {given['id']}" in capsys.readouterr().out
