from __future__ import annotations

import pytest

from llmops_magics.errors import GuardError
from llmops_magics.guard.redteam.attack import Goal, read_goal


def test_a_goal_is_read():
    goal = read_goal({"kind": "calls", "tools": ["refund"], "texts": ["A1"]})
    assert goal == Goal(kind="calls", tools=("refund",), texts=("A1",))
    assert read_goal({"kind": "reveals"}) == Goal(kind="reveals")


@pytest.mark.parametrize(
    "value",
    [
        "says",
        {},
        {"kind": "explodes"},
        {"kind": "says"},
        {"kind": "says", "texts": [""]},
        {"kind": "says", "texts": "KITE"},
        {"kind": "calls", "texts": ["a"]},
        {"kind": "exceeds", "limit": -1},
        {"kind": "exceeds", "limit": True},
        {"kind": ["says"]},
    ],
)
def test_what_is_no_goal_is_refused(value):
    with pytest.raises(GuardError):
        read_goal(value)
