from __future__ import annotations

import os
import subprocess
import sys

import pytest

from llmops_magics.models.local.rendezvous import Process, Rendezvous, State

ME = Process.of(os.getpid())
STATE = State(process=ME, url="http://127.0.0.1:1", api_key="secret")


@pytest.fixture
def place(tmp_path) -> Rendezvous:
    place = Rendezvous(folder=tmp_path / "place")
    place.prepare()
    return place


def mode(path) -> str:
    return oct(path.stat().st_mode & 0o777)


def test_a_namesake_is_not_the_process() -> None:
    assert ME.is_alive()
    assert not Process(pid=ME.pid, born_s=ME.born_s - 60).is_alive()


def test_a_zombie_is_not_alive() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    process = Process.of(child.pid)
    assert process.is_alive()
    child.stdin.close()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # ended, and not yet taken note of
    assert not process.is_alive()
    child.wait()
    assert not process.is_alive()


def test_an_announcement_is_read_back_and_closed_to_others(place) -> None:
    place.write(STATE)
    assert place.read() == STATE
    assert mode(place.folder / "state.json") == "0o600"
    assert mode(place.folder) == "0o700"
    assert "secret" not in repr(place.read())


@pytest.mark.parametrize("content", ["", "{", "[]", '{"process": {}}', "null"])
def test_an_unreadable_announcement_is_none(place, content) -> None:
    (place.folder / "state.json").write_text(content)
    assert place.read() is None


def test_only_ones_own_announcement_is_withdrawn(place) -> None:
    place.write(STATE)
    place.forget(Process(pid=1, born_s=0.0))
    assert place.read() == STATE
    place.forget(ME)
    assert place.read() is None


def test_dead_users_are_dropped(place) -> None:
    place.touch(ME)
    place.touch(Process(pid=ME.pid, born_s=ME.born_s - 60))
    (place.folder / "users" / "not-ours").touch()
    assert [user.pid for user in place.users()] == [ME.pid]
    assert len(list((place.folder / "users").iterdir())) == 2


def test_the_last_touch_is_the_newest(place) -> None:
    assert place.last_touch_s() == 0.0
    place.touch(ME)
    (file,) = (place.folder / "users").iterdir()
    os.utime(file, (100, 100))
    assert place.last_touch_s() == 100.0
