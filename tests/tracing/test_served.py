"""What a release's prompt says on the spans of its block, and on nobody else's."""

from __future__ import annotations

import openai
import pytest

from llmops_magics.models.chat import ChatRequest
from llmops_magics.testing import Reply
from llmops_magics.tracing.instrument import OpenAIInstrumentation
from llmops_magics.tracing.served import served_attributes, serving
from llmops_magics.tracing.thread import carried

OURS = {
    "llmops.prompt.ref": "support/answer@2",
    "llmops.release.environment": "production",
    "llmops.release.arm": "candidate",
    "llmops.release.rollout": "r1",
}
RELEASE = {name: value for name, value in OURS.items() if name != "llmops.prompt.ref"}
MESSAGES = ({"role": "user", "content": "?"},)


def of(span):
    return {k: v for k, v in span.attributes.items() if k in OURS}


@pytest.fixture
def instrumentation(tracing):
    instrumentation = OpenAIInstrumentation(lambda: (tracing, True))
    instrumentation.start()
    yield
    instrumentation.stop()


def test_other_codes_calls_say_the_release(instrumentation, serve, spans):
    serve(Reply("Paris"))
    with serving(OURS), openai.OpenAI() as client:
        client.chat.completions.create(model="gpt-4.1-mini", messages=list(MESSAGES))
    assert of(spans[0]) == OURS
    assert served_attributes() is None


def test_a_call_that_names_another_prompt_is_left_out(client, serve, spans):
    serve([Reply("a"), Reply("b")])
    with serving(OURS):
        for ref in ("judge@1", ""):
            client.chat_blocking(
                ChatRequest(model="openai/gpt-4.1-mini", messages=MESSAGES, prompt_ref=ref)
            )
    judged, own = spans
    assert of(judged) == {"llmops.prompt.ref": "judge@1"}
    assert of(own) == OURS


def test_a_span_of_the_users_own_names_no_prompt(tracing, spans):
    with serving(OURS), tracing.span("work"):
        pass
    assert of(spans[0]) == RELEASE


def test_threads_take_it_along():
    with serving(OURS):
        work = carried(served_attributes)
    assert work() == OURS
    assert served_attributes() is None
