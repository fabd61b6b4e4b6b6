"""A process that is killed at any statement of a change leaves the state before it, or after."""

from __future__ import annotations

import os
import signal

import pytest
from sqlalchemy import event

from llmops_magics.audit.trail import events, verify
from llmops_magics.prompts.serving.pointer import read_history
from llmops_magics.storage.store import Store

NAME = "support/answer"


def killed_at(environment, statement, act):
    """Do something in a child that is killed after its n-th statement; False if it was not."""
    child = os.fork()
    if child == 0:
        left = [statement]
        environment.store = Store.open(str(environment.store.engine.url))

        def after(*_):
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        event.listen(environment.store.engine, "after_cursor_execute", after)
        event.listen(environment.store.engine, "commit", after)
        act()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def seen(environment):
    with environment.store.glance() as reader:
        history = read_history(reader, "production", NAME)
    with environment.store.read() as connection:
        told = [e.action for e in events(connection) if e.action.startswith("release.")]
        assert verify(connection).problems == ()
    assert told == [f"release.{each.action}" for each in history[::-1]]
    assert environment.label() == history[0].stable.number
    return history[0].generation


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("what", ["promote", "rollback", "canary"])
def test_it_is_the_state_before_or_the_one_after(environment, what):
    for number in (1, 2):
        environment.promote(number)
    acts = {
        "promote": lambda: environment.promote(3),
        "canary": lambda: environment.promote(3, 10.0),
        "rollback": environment.rollback,
    }
    statement = 0
    while killed_at(environment, statement := statement + 1, acts[what]):
        assert seen(environment) == 2
    assert statement > 3
    assert seen(environment) == 3
