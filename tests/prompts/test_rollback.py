import pytest

from llmops_magics.errors import PromptError
from llmops_magics.prompts.label import StoredMove
from llmops_magics.prompts.rollback import back, forward, replay


def track(*steps):
    """Replay steps such as ``1``, ``"rollback 1"`` and ``"forward 2"``."""
    moves = []
    for step in steps:
        action, number = str(step).split() if " " in str(step) else ("move", step)
        moves.append(StoredMove("mine", int(number), "ada", "", action, "", False))
    return replay(moves)


@pytest.mark.parametrize(
    ("steps", "behind", "ahead"),
    [
        ((), (), ()),
        ((1,), (), ()),
        ((1, 2, 3), (1, 2), ()),
        ((1, 2, 3, "rollback 2"), (1,), (3,)),
        ((1, 2, 3, "rollback 2", "rollback 1"), (), (2, 3)),
        ((1, 2, 3, "rollback 1"), (), (2, 3)),
        ((1, 2, 3, "rollback 1", "forward 2"), (1,), (3,)),
        ((1, 2, 3, "rollback 2", 4), (1, 2), ()),  # a move cuts off what lay ahead
        ((1, 2, 1, 3, "rollback 1"), (1, 2), (3,)),  # the nearest
        ((1, 1, 2, 2), (1,), ()),  # to where it is: no step
        ((1, 2, "rollback 1", 1), (), (2,)),
    ],
)
def test_moves_leave_a_track(steps, behind, ahead):
    assert (track(*steps).behind, track(*steps).ahead) == (behind, ahead)


def test_a_rollback_is_one_step_or_to_any_version_before():
    assert back(track(1, 2, 3), "a@mine") == 2
    assert back(track(1, 2, 3), "a@mine", 1) == 1
    assert forward(track(1, 2, 3, "rollback 1"), "a@mine") == 2


@pytest.mark.parametrize(
    ("steps", "to", "message"),
    [
        ((1,), None, "nothing to roll a@mine back to: it points to version 1"),
        ((1, 2), 2, "it points there now"),
        ((1, 2), 7, r"it was not there before.*Before, it pointed to: version 1\."),
        ((1, 2, 3, "rollback 2"), 3, "lies ahead"),
    ],
)
def test_where_a_label_never_was_it_cannot_go_back_to(steps, to, message):
    with pytest.raises(PromptError, match=message):
        back(track(*steps), "a@mine", to)


def test_a_forward_needs_a_rollback():
    for steps in ((1, 2), (1, 2, "rollback 1", 3)):
        with pytest.raises(PromptError, match="no rollback went before"):
            forward(track(*steps), "a@mine")


def test_the_version_it_points_to_is_no_way_back(registry):
    for text in ("one", "two"):
        registry.register("a", text)
        registry.label("a", "mine")
    with pytest.raises(PromptError, match="a@mine points to version 2 already"):
        registry.rollback("a", "mine", to="2")
    assert registry.rollback("a", "mine", to="@1").after == 1
