from __future__ import annotations

import os

import pytest

from llmops_magics.models.local.rendezvous import Process, Rendezvous, State
from llmops_magics.models.local.watch import Load, Watch

ME = Process.of(os.getpid())
STATE = State(process=ME, url="http://127.0.0.1:1", api_key="k")
QUIET = Load(active=0, done=0.0)


@pytest.fixture
def place(tmp_path) -> Rendezvous:
    place = Rendezvous(folder=tmp_path)
    place.prepare()
    place.write(STATE)
    return place


def use(place: Rendezvous, at_s: float) -> None:
    place.touch(ME)
    for file in (place.folder / "users").iterdir():
        os.utime(file, (at_s, at_s))


def watch(place: Rendezvous) -> Watch:
    return Watch(place, STATE, idle_s=600, grace_s=20, now_s=1000)


def test_without_users_it_ends_after_the_grace(place) -> None:
    look = watch(place).reason_to_end
    assert look(1020, QUIET) is None
    assert look(1021, QUIET) == "its last user is gone"
    assert place.read() is None


def test_a_living_user_keeps_it_until_it_is_idle(place) -> None:
    use(place, 1000)
    look = watch(place).reason_to_end
    assert look(1600, QUIET) is None
    assert look(1601, QUIET) == "nobody called it for a while"


@pytest.mark.parametrize("load", [Load(active=1, done=0.0), Load(active=0, done=7.0)])
def test_work_under_way_or_done_is_use(place, load) -> None:
    use(place, 1000)
    seen = watch(place)
    assert seen.reason_to_end(1500, load) is None
    assert seen.reason_to_end(2000, Load(active=0, done=load.done)) is None


def test_a_touch_is_use(place) -> None:
    use(place, 1500)
    assert watch(place).reason_to_end(2100, QUIET) is None


def test_it_gives_way_to_another_server(place) -> None:
    place.write(State(process=ME, url="http://127.0.0.1:2", api_key="k"))
    assert watch(place).reason_to_end(1000, QUIET) == "its announcement is gone"


def test_it_stays_while_somebody_arranges_things(place) -> None:
    with place.lock():
        assert watch(place).reason_to_end(9000, QUIET) is None
    assert place.read() == STATE


def test_a_user_who_comes_in_at_the_end_is_noticed(place) -> None:
    seen = watch(place)
    use(place, 9000)  # after it looked, before it withdrew the announcement
    assert not seen._close_the_door(touched_s=8000)
    assert place.read() == STATE
