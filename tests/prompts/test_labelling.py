import pytest

from llmops_magics.audit import trail
from llmops_magics.errors import PromptError, PromptReferenceError
from llmops_magics.prompts import label


@pytest.fixture
def three(registry):
    for text in ("one", "two", "three"):
        registry.register("a", text), registry.label("a", "mine")
    return registry


def bodies(store, action):
    with store.read() as connection:
        return [event.body for event in trail.events(connection) if event.action == action]


def test_back_and_forth(three, store):
    steps = [three.rollback("a", "mine", reason="it broke"), three.rollback("a", "mine")]
    steps += [three.rollback("a", "mine", forward=True, with_diff=True)]
    assert [(m.action, m.before, m.after) for m in steps] == [
        ("rollback", 3, 2),
        ("rollback", 2, 1),
        ("forward", 1, 2),
    ]
    assert steps[-1].diff.before == "a@1"
    assert three.get("a@mine").number == 2
    assert bodies(store, "prompt.rollback")[0] == {"before": 3, "after": 2, "reason": "it broke"}
    assert bodies(store, "prompt.forward") == [{"before": 1, "after": 2}]


@pytest.mark.parametrize("to", ["1", "a@1", "a@first", "first", "digest"])
def test_to_a_version_by_any_form_of_reference(three, to):
    three.label("a@1", "first")
    to = three.get("a@1").digest[:20] if to == "digest" else to
    assert three.rollback("a", "mine", to=to).after == 1


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"to": "b@1"}, "another prompt"),
        ({"to": "4"}, "was not there before"),
        ({"to": "nowhere"}, "no label 'nowhere'"),
        ({"to": "../x"}, "no prompt reference"),
        ({"to": "1", "forward": True}, "takes one step"),
        ({"reason": "x" * 2001}, "2,001 characters"),
    ],
)
def test_a_rollback_that_cannot_be_meant_changes_nothing(three, options, error):
    three.register("b", "x")
    three.register("a", "four")
    with pytest.raises(PromptError, match=error):
        three.rollback("a", "mine", **options)
    assert three.get("a@mine").number == 3


@pytest.mark.parametrize(("name", "mine"), [("none", "mine"), ("a", "other"), ("a/../b", "mine")])
def test_a_rollback_of_nothing_says_what_there_is(three, name, mine):
    with pytest.raises(PromptReferenceError, match=r"no prompt|no label.*mine"):
        three.rollback(name, mine)


def test_a_protected_label_goes_back_to_what_it_was_and_nowhere_else(three, store):
    with store.write() as connection:
        for number in (1, 3):
            label.move(connection, name="a", label="production", number=number, actor="gate")
    with pytest.raises(PromptError, match="was not there before"):
        three.rollback("a", "production", to="2")
    assert three.rollback("a", "production").after == 1
    assert three.rollback("a", "production", forward=True).after == 3


def test_a_secret_in_a_reason_is_masked(three, store):
    moved = three.rollback("a", "mine", reason="the key sk-proj-" + "a1B2" * 10 + " leaked")
    assert moved.reason == "the key [openai-key] leaked"
    assert three.log("a").entries[1].moves[-1].reason == moved.reason
