from __future__ import annotations

import asyncio
import math
import time

import pytest

from llmops_magics.config.settings import EndpointSettings
from llmops_magics.errors import RateLimitError
from llmops_magics.models.gate import Gate


def limits(**values):
    return EndpointSettings.model_validate({"base_url": "http://x", **values})


async def until_blocked():
    for _ in range(3):
        await asyncio.sleep(0)


def test_without_limits_everybody_is_let_in_at_once():
    async def run():
        gate = Gate("mine")
        for _ in range(100):
            await gate.enter()
        return gate.concurrency

    assert asyncio.run(run()) == math.inf


def test_a_fixed_limit_and_the_order_of_arrival():
    async def run():
        gate, order = Gate("mine", limits(max_concurrency=1)), []

        async def call(name, **options):
            admitted = await gate.enter(**options)
            order.append(name)
            await asyncio.sleep(0)
            gate.succeeded(admitted)

        await asyncio.gather(*(call(name) for name in "abc"), call("again", again=True))
        return order

    assert asyncio.run(run()) == ["a", "again", "b", "c"]


def test_a_call_that_is_cancelled_leaks_no_place():
    async def run():
        gate = Gate("mine", limits(max_concurrency=1))
        held = await gate.enter()
        waiting = [asyncio.create_task(gate.enter()) for _ in range(3)]
        await until_blocked()
        waiting[0].cancel()  # while it waits
        gate.leave(held)  # lets the second one in
        waiting[1].cancel()  # before it knows
        await asyncio.wait(waiting)
        gate.leave(waiting[2].result())
        return await asyncio.wait_for(gate.enter(), 1)

    asyncio.run(run())


def test_the_limit_is_halved_once_for_calls_that_were_under_way_together():
    async def run():
        gate = Gate("mine")
        admitted = [await gate.enter() for _ in range(8)]
        news = [gate.refused(one, None) for one in admitted]
        return gate.concurrency, news

    assert asyncio.run(run()) == (4.0, [True] + [False] * 7)


def test_the_limit_never_falls_below_one():
    async def run():
        gate = Gate("mine")
        for _ in range(5):
            gate.refused(await gate.enter(), None)
        return gate.concurrency

    assert asyncio.run(run()) == 1.0


def test_the_limit_comes_up_by_one_a_round_while_calls_wait_and_no_further():
    async def run():
        gate, seen = Gate("mine"), []
        for one in [await gate.enter() for _ in range(4)]:
            gate.refused(one, None)
        under_way = 0

        async def call():
            nonlocal under_way
            admitted = await gate.enter()
            under_way += 1
            seen.append(under_way)
            await asyncio.sleep(0.001)
            under_way -= 1
            gate.succeeded(admitted)

        async def caller():
            for _ in range(30):
                await call()

        assert gate.concurrency == 2.0
        await asyncio.gather(*(caller() for _ in range(4)))
        return seen, gate.concurrency

    seen, concurrency = asyncio.run(run())
    assert seen[:2] == [1, 2]
    assert max(seen) == 4
    assert 4 <= concurrency < 5.01


def test_nobody_is_let_in_during_a_pause():
    async def run():
        gate, started = Gate("mine"), time.monotonic()
        gate.refused(await gate.enter(), 0.1)
        await asyncio.gather(gate.enter())
        return time.monotonic() - started

    assert 0.1 <= asyncio.run(run()) < 5


def test_a_pause_that_is_too_long_is_an_error_for_all():
    async def run():
        gate = Gate("mine", limits(max_concurrency=1))
        held = await gate.enter()
        waiting = asyncio.create_task(gate.enter())
        await until_blocked()
        gate.refused(held, 3600)
        with pytest.raises(RateLimitError, match=r"mine .* left alone for 3600 s"):
            await waiting
        with pytest.raises(RateLimitError, match="left alone"):
            await gate.enter()

    asyncio.run(run())


def test_so_many_calls_a_window():
    async def run():
        gate, starts = Gate("mine", limits(requests_per_minute=3), minute_s=0.2), []
        for _ in range(7):
            admitted = await gate.enter()
            starts.append(time.monotonic())
            gate.succeeded(admitted)
        return starts

    starts = asyncio.run(run())
    assert all(later - first >= 0.2 for first, later in zip(starts, starts[3:], strict=False))
    assert starts[-1] - starts[0] < 5


def test_so_many_tokens_a_window_as_they_turn_out():
    async def run():
        gate, started = Gate("mine", limits(tokens_per_minute=100), minute_s=0.2), time.monotonic()
        first = await gate.enter(100)
        gate.succeeded(first, 10)  # estimated far too high
        gate.succeeded(await gate.enter(90), 90)
        quick = time.monotonic() - started
        await gate.enter(20)
        return quick, time.monotonic() - started

    quick, slow = asyncio.run(run())
    assert quick < 0.2 <= slow
