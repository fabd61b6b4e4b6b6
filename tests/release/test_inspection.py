"""One verification of all that is kept as evidence, also where events are broken."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from llmops_magics.audit.retention import Kept, tombstone
from llmops_magics.audit.signing.register import KeyRegister
from llmops_magics.audit.trail import append
from llmops_magics.release.inspection import inspect_all
from llmops_magics.storage.store import Store
from llmops_magics.workspace import Workspace

TOLD = {"folder": "archive/gate-1", "gate_json": "sha256:" + "0" * 64}


@pytest.fixture
def store(tmp_path):
    opened = Store.open(f"sqlite:///{tmp_path}/llmops.db")
    with opened.write() as connection:
        append(connection, actor="a", action="gate.run", resource="gate/1", body=TOLD)
    yield opened
    opened.close()


def problems(store, root):
    return inspect_all(store, root, KeyRegister(), root / "audit").problems


def test_what_is_gone_is_missing_until_a_tombstone_tells_of_it(store, tmp_path):
    assert problems(store, tmp_path) == ("gate-1: gate.json is missing",)
    with store.write() as connection:
        gone = Kept(id="gate-1", resource="a", digest="", since="2026-01-01")
        tombstone(connection, "dossiers", gone, timedelta(days=1), actor="a")
    assert problems(store, tmp_path) == ()


@pytest.mark.parametrize("body", ["{", "[]", '{"folder": 3}'])
def test_a_body_that_tells_of_nothing_is_a_problem_and_stops_nobody(store, tmp_path, body):
    with store.write() as connection:
        for name in connection.execute(
            text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        ).scalars().all():  # fmt: skip
            connection.execute(text(f"DROP TRIGGER {name}"))
        connection.execute(text("UPDATE audit_event SET body = :body"), {"body": body})
    found = problems(store, tmp_path)
    assert "event 1 was changed" in found[0]
    assert len(found) == 2


def test_a_workspace_has_one_verification(folder):
    workspace = Workspace(folder)
    workspace.audit.incidents.open("a/b@production", "wrong")
    assert workspace.verify_audit() == workspace.audit.verify() == workspace.audit.inspect()
    wrong = workspace.verify_audit(expected_head="sha256:" + "1" * 64)
    assert "its tail was cut" in wrong.problems[0]
    workspace.close()
