"""Twenty processes that promote and roll back at once leave one history, with nothing lost."""

from __future__ import annotations

import multiprocessing
import os

import pytest
from sqlalchemy import make_url

from llmops_magics.audit.trail import events, verify
from llmops_magics.errors import ReleaseConflictError, ReleaseError
from llmops_magics.prompts.registry import PromptRegistry
from llmops_magics.prompts.serving.plan import RolloutPlan
from llmops_magics.prompts.serving.pointer import read_changed_at, read_history
from llmops_magics.release.approval.bundle import bundle_of
from llmops_magics.release.environment import promotion, rollback, stepping
from llmops_magics.release.environment.state import Move
from llmops_magics.storage.query import reader_of
from llmops_magics.storage.store import Store

NAME, PROCESSES, TURNS = "support/answer", 20, 4


def one_turn(store, bundle, turn):
    """Promote at once, promote a candidate, end it or go back, by turns; True if it was written."""
    move = Move(environment="production", prompt=NAME, label="production", actor=str(os.getpid()))
    acts = {
        0: lambda c: promotion.promote(c, move, bundle, RolloutPlan()),
        1: lambda c: promotion.promote(c, move, bundle, RolloutPlan(steps=(10.0, 100.0))),
        2: lambda c: stepping.complete(c, move),
        3: lambda c: rollback.rollback(c, move),
    }
    try:
        with store.write(lock=f"prompt {NAME}") as connection:
            before = read_history(reader_of(connection), "production", NAME, 1)
            after = acts[turn % 4](connection)
    except ReleaseConflictError:
        raise
    except ReleaseError:  # a rollout is under way, or none is, or there is no way back
        return 0
    return int(not before or after.generation > before[0].generation)


def work(url, artifacts, number, written):
    store = Store.open(url, artifacts)
    registry = PromptRegistry(store, actor=lambda: "ada")
    version = registry.get(f"{NAME}@{number % 4 + 1}")
    bundle = bundle_of(version, model="openai/m")
    written.put(sum(one_turn(store, bundle, number + turn) for turn in range(TURNS)))
    store.close()


def race(store):
    registry = PromptRegistry(store, actor=lambda: "ada")
    for text in ("one", "two", "three", "four"):
        registry.register(NAME, f"user:\n{text}")
    url = make_url(store.engine.url).render_as_string(hide_password=False)
    context = multiprocessing.get_context("fork")
    written = context.Queue()
    processes = [
        context.Process(target=work, args=(url, store.artifacts.url, number, written))
        for number in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    done = [written.get(timeout=120) for _ in processes]
    for process in processes:
        process.join()
        assert process.exitcode == 0
    return sum(done)


def check(store, written):
    with store.glance() as glance:
        changes = read_history(glance, "production", NAME)[::-1]
        last = read_changed_at(glance)
    assert [each.generation for each in changes] == list(range(1, written + 1))
    assert written > PROCESSES // 2
    with store.read() as connection:
        told = [e for e in events(connection) if e.action.startswith("release.")]
        assert verify(connection).problems == ()
    assert [e.body["after"]["generation"] for e in told] == [c.generation for c in changes]
    assert [(e.body["before"] or {"generation": 0})["generation"] for e in told] == [
        c.generation - 1 for c in changes
    ]
    assert [e.action for e in told] == [f"release.{c.action}" for c in changes]
    assert last >= len(changes)
    label = PromptRegistry(store, actor=lambda: "ada").get(f"{NAME}@production")
    assert label.number == changes[-1].stable.number


@pytest.mark.slow
def test_sqlite(tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 'llmops.db'}")
    check(store, race(store))
    store.close()


@pytest.mark.slow
def test_postgresql(postgresql_store):
    check(postgresql_store, race(postgresql_store))
