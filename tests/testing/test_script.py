from __future__ import annotations

import pytest

from llmops_magics.errors import UsageError
from llmops_magics.testing.call import Call
from llmops_magics.testing.reply import Reply
from llmops_magics.testing.script import make_script


def call(text, number=1):
    message = {"role": "user", "content": text}
    return Call(request={"model": "m", "messages": [message]}, number=number)


def answers(script, *texts):
    return [script(call(text)).text for text in texts]


def test_text_and_reply_answer_every_call():
    assert answers(make_script("Paris"), "a", "b") == ["Paris", "Paris"]
    reply = Reply.error(500)
    assert make_script(reply)(call("a")) is reply


def test_list_goes_in_order_and_repeats_the_last():
    assert answers(make_script(["one", "two"]), *"abcd") == ["one", "two", "two", "two"]


def test_callable_gets_the_request():
    script = make_script(lambda request: request["messages"][0]["content"].upper())
    assert answers(script, "a") == ["A"]
    assert make_script(lambda _: Reply.error(404))(call("a")).status == 404


def test_dict_picks_by_the_first_key_in_the_last_user_message():
    script = make_script({"France": "Paris", "Fr": "?", None: "I do not know"})
    assert answers(script, "of France", "Fr", "france") == ["Paris", "?", "I do not know"]


def test_dict_without_a_default_has_no_answer():
    with pytest.raises(UsageError, match="no answer to 'of Spain'"):
        make_script({"France": "Paris"})(call("of Spain"))


def test_scripts_nest():
    script = make_script({"a": ["a1", "a2"], None: [lambda _: "x", {"b": "b1", None: "b0"}]})
    assert answers(script, "a", "b", "a", "b", "c") == ["a1", "x", "a2", "b1", "b0"]


@pytest.mark.parametrize("wrong", [None, 3, [], [None], {"a": 1}, b"ab"])
def test_what_is_no_script_is_refused_at_once(wrong):
    with pytest.raises(UsageError):
        make_script(wrong)


def test_a_callable_must_return_an_answer():
    with pytest.raises(UsageError, match="returned int: 3"):
        make_script(lambda _: 3)(call("a"))
