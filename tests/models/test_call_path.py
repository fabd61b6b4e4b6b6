"""The whole chain as a workspace strings it together: trace, cache, limits, cap, price, wire."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from decimal import Decimal

import pytest

from llmops_magics.cost.cap import SpendingCap, capped
from llmops_magics.errors import CostCapError
from llmops_magics.models.cache import caching
from llmops_magics.models.chat import ChatRequest
from llmops_magics.models.loop import LOOP
from llmops_magics.testing import Reply
from llmops_magics.tracing.writer import read_trace
from llmops_magics.workspace import Workspace

MODEL = "openai/gpt-4.1-mini"  # $0.40 in and $1.60 out a million


def question(number=0, **settings):
    messages = ({"role": "user", "content": f"What is {number} + 1?"},)
    return ChatRequest(model=MODEL, messages=messages, settings=settings)


@pytest.fixture
def workspace(folder):
    opened = Workspace(folder)
    yield opened
    opened.close()


def span_of(workspace, response):
    workspace.spans.flush()
    (span,) = read_trace(workspace.store, response.trace_id)
    return span.attributes


def test_a_retried_and_a_cached_call_in_the_trace(workspace, endpoint):
    endpoint([Reply.rate_limited(0.01), Reply("Paris", usage=(2000, 250))])
    with caching("use"):
        first = workspace.client.chat_blocking(question())
        again = workspace.client.chat_blocking(question())
    assert (first.retries, first.cost_usd, first.cached) == (1, "0.0012", False)
    assert (again.retries, again.cost_usd, again.cached) == (0, "0.0012", True)
    asked, answered = span_of(workspace, first), span_of(workspace, again)
    assert (asked["llmops.retries"], asked["llmops.cost.usd"]) == (1, "0.0012")
    assert (answered["llmops.cache.hit"], answered["llmops.cost.usd"]) == (True, "0")
    assert answered["llmops.cost.saved_usd"] == "0.0012"


def test_the_cap_holds_with_16_at_once_and_retries(workspace, endpoint):
    failures = iter(range(10**6))

    def script(_):
        return Reply.error(429) if next(failures) % 7 == 6 else Reply("x", usage=(50, 100))

    server = endpoint(script)
    cap = SpendingCap(Decimal("0.004"))  # 50 x 0.40 + 100 x 1.60: 180 millionths a call, 22 fit

    async def work():
        calls = [workspace.client.chat(question(n, max_tokens=100)) for n in range(16)]
        more = [workspace.client.chat(question(n, max_tokens=100)) for n in range(16, 40)]
        return [
            *await asyncio.gather(*calls, return_exceptions=True),
            *await asyncio.gather(*more, return_exceptions=True),
        ]

    with capped(cap):
        outcomes = LOOP.run(work())
    refused = [o for o in outcomes if isinstance(o, CostCapError)]
    answered = [o for o in outcomes if not isinstance(o, Exception)]
    assert len(refused) + len(answered) == 40
    assert refused
    assert cap.spent_usd == Decimal("0.00018") * len(answered) <= cap.limit_usd
    assert len(answered) in (21, 22)
    assert len(server.requests) < 40


def test_a_cached_answer_costs_nothing_of_the_cap(workspace, endpoint):
    endpoint(Reply("x", usage=(50, 100)))
    cap = SpendingCap(Decimal("0.001"))
    with capped(cap), caching("use"):
        for _ in range(20):
            workspace.client.chat_blocking(question(max_tokens=100))
    assert cap.spent_usd == Decimal("0.00018")


CHILD = """
import sys
from llmops_magics.models.cache import caching
from llmops_magics.models.chat import ChatRequest
from llmops_magics.workspace import current_workspace
client = current_workspace().client
with caching(sys.argv[1]) as use:
    for number in range(20):
        messages = ({"role": "user", "content": f"What is {number} + 1?"},)
        client.chat_blocking(ChatRequest(model="openai/gpt-4.1-mini", messages=messages))
print(use.hits, use.asked)
"""


@pytest.mark.slow
def test_processes_share_what_they_were_answered(folder, endpoint):
    server = endpoint("Paris")

    def start(mode):
        return subprocess.Popen([sys.executable, "-c", CHILD, mode], stdout=subprocess.PIPE)

    at_once = [start("use"), start("use")]
    for child in at_once:
        assert child.wait(60) == 0
    asked = len(server.requests)
    assert 20 <= asked <= 40
    replay = start("replay")
    assert replay.communicate(timeout=60)[0].split() == [b"20", b"0"]
    assert len(server.requests) == asked
