from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_magics.models.window import Window


def test_so_many_in_any_minute():
    window = Window(2)
    window.add(1, 0.0)
    window.add(1, 10.0)
    assert window.wait_s(1, 20.0) == 40.0  # until the first is a minute old
    assert window.wait_s(1, 60.0) == 0.0
    window.add(1, 60.0)
    assert window.wait_s(1, 60.0) == 10.0


def test_an_estimate_is_corrected():
    window = Window(100)
    use = window.add(90, 0.0)
    assert window.wait_s(20, 1.0) == 59.0
    window.settle(use, 30)
    assert window.wait_s(20, 1.0) == 0.0
    window.wait_s(20, 61.0)
    window.settle(use, 1000)  # it is out of the window
    assert window.wait_s(20, 62.0) == 0.0


def test_what_is_larger_than_the_limit_waits_for_an_empty_window():
    window = Window(100)
    assert window.wait_s(500, 0.0) == 0.0
    window.add(1, 0.0)
    window.add(1, 5.0)
    assert window.wait_s(500, 6.0) == 59.0


@given(st.lists(st.floats(0, 30), max_size=40), st.integers(1, 5))
def test_no_minute_ever_holds_more(gaps, limit):
    window, now, starts = Window(limit), 0.0, []
    for gap in gaps:
        now += gap
        now += window.wait_s(1, now)
        while (more := window.wait_s(1, now)) > 0:  # rounding
            now += max(more, 1e-9)
        window.add(1, now)
        starts.append(now)
    groups = zip(starts, starts[limit:], strict=False)
    assert all(later - first >= 60 - 1e-6 for first, later in groups)
    assert all(a <= b for a, b in pairwise(starts))


@pytest.mark.parametrize("amount", [0, 1])
def test_an_empty_window_lets_in(amount):
    assert Window(1).wait_s(amount, 5.0) == 0.0
