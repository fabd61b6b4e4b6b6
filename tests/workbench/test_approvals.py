"""Approvals where they matter: a release takes them, and is refused without."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import event, func, select

sys.path.append(str(Path(__file__).parents[1] / "release" / "approval"))
from approval_desk import desk, ready

from llmops_magics.audit import trail
from llmops_magics.errors import EvidenceError
from llmops_magics.storage.table import approval

__all__ = ["desk", "ready"]
REF = "support/answer@1"


def test_a_release_is_refused_with_all_that_is_missing(ready):
    with pytest.raises(EvidenceError, match=r"approvals: 0 of 1\."):
        ready.be("dave").workspace.releases.promote(REF, "production")


def test_a_release_takes_its_approval(ready):
    given = ready.be("bob").approvals.approve(REF, "production", "Right.")
    ready.be("dave").workspace.releases.promote(REF, "production")
    (event,) = [each for each in ready.events("release.promote") if "production" in each.resource]
    assert given.id in event.body["evidence"]
    assert ready.workspace.prompts.get("support/answer@production").number == 1


def test_broken_glass_releases_and_waits_for_a_review(ready):
    ready.be("dave").workspace.releases.promote(
        REF, "production", break_glass=True, reason="Production is down."
    )
    assert ready.workspace.prompts.get("support/answer@production").number == 1
    (event,) = ready.events("release.break_glass")
    assert event.body["reason"] == "Production is down."
    (waiting,) = ready.approvals.waiting().waiting
    assert waiting.what == "review after"


def test_every_approval_of_a_bundle_is_read_as_it_counts_now(ready):
    ready.be("bob").approvals.approve(REF, "production", "Right.")
    bundle = ready.approvals.bundle(REF).digest
    assert [a.state for a in ready.approvals.of(bundle, "production")] == ["valid"]
    assert ready.approvals.of(bundle, "staging") == ()


def killed_at(ready, statement):
    """Approve in a child that is killed after its n-th statement; False if it was not."""
    ready.workspace.close()
    child = os.fork()
    if child == 0:
        try:
            left = [statement]

            def after(*_):
                left[0] -= 1
                if left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                    time.sleep(30)

            engine = ready.workspace.store.engine
            event.listen(engine, "after_cursor_execute", after)
            event.listen(engine, "commit", after)  # called before it is one
            ready.approvals.approve(REF, "production", "Right.")
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_killed_at_any_statement_of_an_approval_nothing_or_all_is_there(ready):
    """The row and its event are one commit: a process that is killed in it leaves neither."""
    ready.be("bob").approvals.readiness(REF, "production")
    statement = 0
    while killed_at(ready, statement := statement + 1):
        assert ready.events("approval.give") == []
        with ready.workspace.store.read() as connection:
            assert connection.execute(select(func.count()).select_from(approval)).scalar() == 0
            assert trail.verify(connection).problems == ()
    assert statement > 5
    assert len(ready.events("approval.give")) == 1
    assert ready.approvals.readiness(REF, "production").ready
