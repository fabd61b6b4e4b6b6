from __future__ import annotations

from llmops_magics.testing.call import Call, count_words, message_text

PARTS = [
    {"type": "text", "text": "Is this "},
    {"type": "image_url", "image_url": {"url": "data:,"}},
    {"type": "text", "text": "a cat?"},
]


def make_call(*messages):
    return Call(request={"model": "m", "messages": list(messages)}, number=1)


def test_last_user_and_first_system_message():
    messages = [("system", "s1"), ("user", "u1"), ("system", "s2"), ("user", "u2"), ("tool", "t")]
    call = make_call(*({"role": role, "content": text} for role, text in messages))
    assert (call.system, call.user, call.model) == ("s1", "u2", "m")


def test_developer_is_system():
    assert make_call({"role": "developer", "content": "d"}).system == "d"


def test_missing_messages_are_empty_texts():
    assert (make_call().system, make_call().user) == ("", "")
    assert Call(request={"input": "a"}, number=1).messages == []


def test_text_of_parts_and_of_nothing():
    assert message_text({"role": "user", "content": PARTS}) == "Is this a cat?"
    assert message_text({"role": "assistant", "content": None}) == ""


def test_words():
    assert count_words(" What  is\nthis? ") == 3
    assert count_words("") == 0
