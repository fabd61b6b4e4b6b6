import pytest

from llmops_magics.audit import trail
from llmops_magics.errors import PromptError
from llmops_magics.prompts.lookup import Lookup
from llmops_magics.prompts.registry import PromptRegistry
from llmops_magics.prompts.remark import check_message, check_reason


def test_what_can_be_kept_is_returned_as_it_is():
    for text in ("", "why\n\tand wherefore\r\n", "ünï 🎉", "m" * 2_000):
        assert check_message(text) == check_reason(text) == text


@pytest.mark.parametrize(
    ("check", "text", "error"),
    [
        (check_message, "m" * 10_001, "message has 10,001 characters; at most 10,000"),
        (check_reason, "m" * 2_001, "reason has 2,001 characters; at most 2,000"),
        (check_message, "a\x00", r"message holds the control character U\+0000"),
        (check_reason, "a\x1b[31m", r"reason holds the control character U\+001B"),
        (check_message, "a\udfff", "message holds half a character"),
        (check_reason, "\ud800", "reason holds half a character"),
    ],
)
def test_what_cannot_be_kept_is_named(check, text, error):
    with pytest.raises(PromptError, match=error):
        check(text)


@pytest.mark.parametrize("bad", ["\x00", "\ud800"])
def test_it_is_refused_before_anything_is_written(store, bad):
    stored = []
    references = Lookup(version=None, image=stored.append)
    registry = PromptRegistry(store, actor=lambda: "ada", references=references)
    registry.register("a", "x"), registry.register("a", "y")
    registry.label("a@1", "mine"), registry.label("a@2", "mine")
    for change in (
        lambda: registry.register("a", '{{ image("a.png") }}', message=bad),
        lambda: registry.preview("a", "z", message=bad),
        lambda: registry.label("a@1", "mine", reason=bad),
        lambda: registry.rollback("a", "mine", reason=bad),
        lambda: registry.archive("a", reason=bad),
    ):
        with pytest.raises(PromptError, match=r"control character|half a character"):
            change()
    with store.read() as connection:
        assert len(list(trail.events(connection))) == 4
    assert stored == []
