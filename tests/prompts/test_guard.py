import pytest

from llmops_magics.audit import trail
from llmops_magics.errors import DatasetError, PromptError
from llmops_magics.prompts.registry import PromptRegistry

TESTED = '---\ntests: {data: cases.csv, rules: "exact >= 0.9"}\n---\nHi {{ q }}'


@pytest.fixture
def guarded(store):
    answers = []

    def guard(version):
        answer = answers.pop()
        if isinstance(answer, Exception):
            raise answer
        return answer

    registry = PromptRegistry(store, actor=lambda: "ada", guard=guard)
    registry.register("a", TESTED)
    return registry, answers


def last_event(store):
    with store.read() as connection:
        return list(trail.events(connection))[-1]


def test_a_version_whose_tests_pass_is_labelled(guarded):
    registry, answers = guarded
    answers.append("")
    assert registry.label("a", "mine").forced is False


def test_a_version_whose_tests_fail_is_refused_and_nothing_is_written(guarded, store):
    registry, answers = guarded
    answers.append("exact is 0.5, not 0.9.")
    with pytest.raises(PromptError, match=r"a@1 may not have .* exact is 0.5.*--force"):
        registry.label("a", "mine")
    assert last_event(store).action == "prompt.register"


@pytest.mark.parametrize("answer", ["exact is 0.5.", DatasetError("no such file.")])
def test_force_needs_a_reason_and_is_audited_with_the_refusal(guarded, store, answer):
    registry, answers = guarded
    with pytest.raises(PromptError, match="for a reason only"):
        registry.label("a", "mine", force=True, reason=" ")
    answers.append(answer)
    move = registry.label("a", "mine", force=True, reason="demo")
    assert (move.forced, move.reason) == (True, "demo")
    assert last_event(store).body == {
        "before": None,
        "after": 1,
        "refusal": str(answer),
        "reason": "demo",
    }
    assert registry.log("a").entries[0].moves == (move,)


def test_tests_that_cannot_run_are_an_error_where_nothing_is_forced(guarded):
    registry, answers = guarded
    answers.append(DatasetError("no such file."))
    with pytest.raises(DatasetError):
        registry.label("a", "mine")


def test_nobody_is_asked_for_a_version_without_tests_or_a_label_that_is_there(guarded):
    registry, answers = guarded
    registry.register("b", "x")
    assert registry.label("b", "mine", force=True, reason="r").forced is False
    answers.append("")
    registry.label("a", "mine")
    assert registry.label("a", "mine").changed is False


def test_with_no_guard_tests_have_not_passed(registry):
    registry.register("a", TESTED)
    with pytest.raises(PromptError, match="nothing here can run them"):
        registry.label("a", "mine")


def test_a_call_may_bring_a_guard_of_its_own(guarded):
    registry, answers = guarded
    asked = []
    registry.label("a", "mine", guard=lambda version: asked.append(version.ref) or "")
    assert asked == ["a@1"]
    with pytest.raises(PromptError, match="too slow"):
        registry.label("a", "other", guard=lambda _: "too slow.")
    answers.append("the registry's own says no.")  # which is asked again where none is given
    with pytest.raises(PromptError, match="own says no"):
        registry.label("a", "other")
