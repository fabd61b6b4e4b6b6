from __future__ import annotations

import pytest

from llmops_magics.errors import UsageError
from llmops_magics.testing.call import Call
from llmops_magics.testing.reply import Reply

CALL = Call(request={"model": "m", "messages": [{"role": "user", "content": "Hi"}]}, number=4)


@pytest.mark.parametrize(
    "fields",
    [
        {"status": 199},
        {"status": 600},
        {"latency_ms": -1},
        {"chunk_latency_ms": -1},
        {"cut_after": -1},
        {"usage": (1, 2, 3)},
    ],
)
def test_what_cannot_be_meant_is_refused(fields):
    with pytest.raises(UsageError, match=next(iter(fields))):
        Reply("a", **fields)


def test_rate_limited_keeps_other_headers():
    reply = Reply.rate_limited(0.05, headers={"x-a": "1"}, latency_ms=3)
    assert reply.status == 429
    assert reply.headers == {"Retry-After": "0.05", "x-a": "1"}
    assert reply.latency_ms == 3


def test_error_has_a_message():
    assert Reply.error(404).error_message == "Scripted error 404."
    assert Reply.error(404, "Gone.").error_message == "Gone."


def test_finish_reason():
    assert Reply("a").why_finished == "stop"
    assert Reply(tool_calls=[{"name": "f"}]).why_finished == "tool_calls"
    assert Reply("a", finish_reason="length").why_finished == "length"


def test_only_a_template_is_rendered():
    plain = Reply("{{ user }}")
    assert plain.render(CALL) is plain
    assert Reply.template("{{ user }} {{ n }}\n", usage=(1, 2)).render(CALL) == Reply(
        "Hi 4\n", usage=(1, 2)
    )
