import threading
import time

import pytest

from llmops_magics.prompts.flight import Flights


@pytest.fixture
def gate():
    """Loads that wait until it is set, and the keys that were loaded."""

    class Gate(threading.Event):
        loaded: list[str]

    gate = Gate()
    gate.loaded = []
    yield gate
    gate.set()


@pytest.fixture
def flights(gate):
    def load(key):
        gate.wait(30)
        gate.loaded.append((key, threading.current_thread().name))
        if key == "bad":
            raise KeyError(key)
        return key.upper()

    return Flights(load)


def test_all_who_ask_at_once_share_one_load(flights, gate):
    asked = [flights.start("a") for _ in range(3)]
    assert flights.find("a") is asked[0]
    gate.set()
    assert [flight.result(30) for flight in asked] == ["A"] * 3
    assert gate.loaded == [("a", "llmops-prompts")]
    assert flights.find("a") is None


def test_loads_come_one_after_the_other_and_an_error_stops_none(flights, gate):
    asked = {key: flights.start(key) for key in ("a", "bad", "b")}
    gate.set()
    assert asked["b"].result(30) == "B"
    assert asked["a"].result(30) == "A"
    with pytest.raises(KeyError):
        asked["bad"].result(30)
    assert [key for key, _ in gate.loaded] == ["a", "bad", "b"]


def test_what_has_become_needless_is_not_begun(flights, gate):
    assert flights.start_if("a", lambda: False) is None
    begun = flights.start_if("a", lambda: True)
    assert flights.start_if("a", lambda: False) is begun
    gate.set()
    assert begun.result(30) == "A"


def test_who_gives_up_takes_the_load_from_nobody(flights, gate):
    flight = flights.start("a")
    assert flight.cancel() is False
    gate.set()
    assert flight.result(30) == "A"


def test_the_thread_ends_with_the_work_and_begins_anew(flights, gate):
    gate.set()
    for _ in range(2):
        assert flights.start("a").result(30) == "A"
        for _ in range(3000):
            if not flights._is_working:
                break
            time.sleep(0.01)
        assert flights._is_working is False
    assert len(gate.loaded) == 2


def test_after_a_reset_nothing_is_under_way(flights, gate):
    flights.start("a")
    with flights._lock:
        flights.reset()
    assert flights.find("a") is None
    gate.set()
    assert flights.start("b").result(30) == "B"
