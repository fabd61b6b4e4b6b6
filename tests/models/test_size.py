from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from llmops_magics.models.chat import ChatRequest, ChatResponse, Usage
from llmops_magics.models.size import TokenEstimate, input_size, output_limit


def request(content="Say Paris.", **settings):
    return ChatRequest(
        model="m/m", messages=({"role": "user", "content": content},), settings=settings
    )


@given(st.text(max_size=50))
def test_the_bound_covers_every_byte_of_the_text(text):
    assert input_size(request(text)).most_tokens >= len(text.encode("utf-8", "surrogatepass"))


def test_a_tool_is_input_too():
    tool = {"type": "function", "function": {"name": "look_up", "description": "x" * 1000}}
    assert input_size(request(tools=[tool])).text_bytes > 1000


def test_an_image_counts_as_an_image_and_not_by_its_bytes():
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 10**6}}
    size = input_size(request([{"type": "text", "text": "What is it?"}, image]))
    assert (size.images, size.text_bytes < 200) == (1, True)


def test_the_longest_answer_that_the_settings_allow():
    assert output_limit({}) is None
    assert output_limit({"max_tokens": 10}) == 10
    assert output_limit({"max_tokens": 10, "max_completion_tokens": 30, "n": 2}) == 60
    assert output_limit({"max_tokens": "many", "n": "some"}) is None


def test_an_estimate_comes_nearer_with_each_answer():
    estimate, size = TokenEstimate(), input_size(request("x" * 1000))
    usage = Usage(input_tokens=size.text_bytes, output_tokens=1000)  # a token a byte
    answer = ChatResponse(
        text="", model="m", finish_reason="stop", usage=usage, response_id="", latency_ms=1.0,
        endpoint="m",
    )  # fmt: skip
    before = estimate.of(size, None)
    assert before == size.text_bytes / 4 + 256
    for _ in range(100):
        estimate.learn(size, answer)
    assert abs(estimate.of(size, None) - (size.text_bytes + 1000)) < 1
    assert estimate.of(size, 10) < size.text_bytes + 11
