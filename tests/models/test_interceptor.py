from __future__ import annotations

import asyncio
from dataclasses import replace

from llmops_magics.models.chat import ChatRequest, ChatResponse
from llmops_magics.models.interceptor import chain

REQUEST = ChatRequest(model="m/m", messages=())


def answer(text):
    return ChatResponse(
        text=text, model="m", finish_reason="stop", usage=None, response_id="", latency_ms=1.0,
        endpoint="m",
    )  # fmt: skip


class Tag:
    """Writes its name on what passes, on the way in and on the way out."""

    def __init__(self, name):
        self.name = name

    async def intercept(self, request, call_next):
        response = await call_next(replace(request, purpose=f"{request.purpose}>{self.name}"))
        return replace(response, text=f"{response.text}<{self.name}")


class Cached:
    async def intercept(self, request, call_next):
        return answer("cached")


async def innermost(request):
    return answer(request.purpose)


def run(*interceptors):
    return asyncio.run(chain(interceptors, innermost)(REQUEST)).text


def test_no_interceptor_is_the_call_itself():
    assert run() == "generate"


def test_the_first_interceptor_is_the_outermost():
    assert run(Tag("a"), Tag("b")) == "generate>a>b<b<a"


def test_an_interceptor_may_answer_itself():
    assert run(Tag("a"), Cached(), Tag("b")) == "cached<a"
