from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from llmops_magics.audit import trail
from llmops_magics.record import digest
from llmops_magics.release.rollout import lease as leases
from llmops_magics.release.rollout.log import read_looks
from llmops_magics.release.rollout.watch import Watcher


def watcher(production, holder="a", lasts_s=60.0):
    return Watcher(production.store, production, actor="ada", holder=holder, lasts_s=lasts_s)


def looks(production):
    with production.store.read() as connection:
        return read_looks(connection, production.pointer.rollout_id, limit=99)[0]


def events(production):
    with production.store.read() as connection:
        assert not trail.verify(connection).problems
        return [e for e in trail.events(connection) if e.action.startswith("release.")]


def test_a_good_step_advances_with_its_look_as_evidence(production):
    production.begin(10.0, 50.0, min_requests=50, guards=("error_rate non_inferior 0.2",))
    production.spans("stable", 450, errors=20)
    production.spans("candidate", 60, errors=2)
    (look,) = watcher(production).round().looks
    pointer = production.pointer
    assert (look.decision, look.outcome, pointer.share, pointer.step) == ("advance", "done", 0.5, 1)
    (stored,) = looks(production)
    assert stored == look
    assert pointer.evidence == (digest(stored),)
    assert pointer.actor == "release watch (ada)"


def test_the_last_step_completes(production):
    production.begin(50.0, min_requests=50, guards=("error_rate non_inferior 0.2",))
    production.spans("stable", 400, errors=20)
    production.spans("candidate", 400, errors=20)
    watcher(production).round()
    pointer = production.pointer
    assert (pointer.state, pointer.stable.number) == ("serving", 2)
    assert production.registry.get("support/answer@production").number == 2


def test_harm_goes_back_and_its_event_says_why(production):
    production.begin(10.0)
    production.spans("stable", 900, errors=20)
    production.spans("candidate", 100, errors=40)
    (look,) = watcher(production).round().looks
    assert (look.decision, production.pointer.stable.number) == ("rollback", 1)
    last = events(production)[-1]
    assert "harm, candidate 0.4 (n 100)" in last.body["reason"]
    assert last.body["evidence"] == [digest(look)]
    assert watcher(production, "a").round().looks == ()  # nothing is under way any more


def test_a_kill_limit_goes_back_at_once(production):
    production.begin(10.0, kill=("spend_usd <= 0.03",), hold_s=3600.0)
    production.spans("candidate", 16)
    (look,) = watcher(production).round().looks
    assert (look.decision, production.pointer.candidate) == ("kill", None)
    assert production.pointer.reason.startswith("kill: kill limit spend_usd <= 0.03")


def test_looks_that_hold_are_kept_now_and_then(production):
    production.begin(10.0, hold_s=3600.0)
    watch = watcher(production)
    for _ in range(5):
        assert watch.round().looks[0].decision == "hold"
    assert len(looks(production)) == 1


def test_a_pause_never_goes_on_but_harm_goes_back(production):
    production.begin(10.0, 50.0, min_requests=50, guards=("error_rate non_inferior 0.2",))
    production.spans("stable", 450, errors=20)
    production.spans("candidate", 60, errors=2)
    production.pause()
    (look,) = watcher(production).round().looks
    assert (look.decision, look.reason.startswith("paused; it would go on")) == ("hold", True)
    production.spans("candidate", 60, errors=60)
    watcher(production).round()
    assert production.pointer.state == "serving"


def test_who_does_not_hold_the_lease_looks_at_nothing(production):
    production.begin(10.0)
    production.spans("stable", 900, errors=20)
    production.spans("candidate", 100, errors=40)
    leases.take_lease(production.store, "another", lasts_s=60)
    made = watcher(production).round()
    assert (made.looks, made.holder, production.pointer.is_under_way) == ((), "another", True)


def test_who_lost_the_lease_meanwhile_changes_nothing(production):
    production.begin(10.0)
    production.spans("stable", 900, errors=20)
    production.spans("candidate", 100, errors=40)
    old = leases.take_lease(production.store, "a", lasts_s=0.0)
    leases.take_lease(production.store, "b", lasts_s=60)
    look = watcher(production, "a").watch_one(production.pointer, old)
    assert look.outcome.startswith("not done: the lease on rollouts was lost by b")
    assert production.pointer.is_under_way
    assert looks(production) == ()


def test_a_rollout_that_was_changed_meanwhile_is_not_changed_again(production):
    production.begin(10.0)
    production.spans("stable", 900, errors=20)
    production.spans("candidate", 100, errors=40)
    before = production.pointer
    production.pause()
    watch = watcher(production)
    lease = leases.take_lease(production.store, "a", lasts_s=60)
    look = watch.watch_one(before, lease)
    assert "was changed meanwhile" in look.outcome
    assert production.pointer.state == "paused"


def test_a_plan_that_cannot_be_read_is_told_and_changes_nothing(production):
    production.begin(10.0, guards=("error_rate is fine",))
    made = watcher(production).round()
    assert "is no guardrail" in made.problems[0]
    assert production.pointer.is_under_way


WATCH = """
    import sys
    sys.path.insert(0, {folder!r})
    from conftest import Production
    from llmops_magics.release.rollout.watch import Watcher
    production = Production({url!r})
    watcher = Watcher(production.store, production, actor=sys.argv[1], lasts_s=60)
    made = [watcher.round() for _ in range(30)]
    print(sum(look.outcome == "done" for round in made for look in round.looks))
"""


@pytest.mark.slow
def test_of_processes_that_watch_at_once_one_acts(production):
    production.begin(10.0)
    production.spans("stable", 900, errors=20)
    production.spans("candidate", 100, errors=40)
    source = WATCH.format(folder=str(Path(__file__).parent), url=production.url)
    command = [sys.executable, "-c", textwrap.dedent(source)]
    running = [subprocess.Popen([*command, who], stdout=subprocess.PIPE) for who in "abc"]
    done = [int(process.communicate(timeout=120)[0]) for process in running]
    assert sorted(done) == [0, 0, 1]
    assert len(looks(production)) == 1
    assert [e.action for e in events(production)].count("release.abort") == 1


def test_a_look_counts_from_the_step_not_from_the_rollout(production):
    production.begin(10.0, 50.0, hold_s=60.0, min_requests=1)
    production.step(production.pointer.rollout_id, production.pointer.generation, 0.5)
    production.spans("candidate", 60)
    production.spans("stable", 60)
    (look,) = watcher(production).round().looks
    assert "of 60 s" in look.reason
