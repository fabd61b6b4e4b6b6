from __future__ import annotations

import asyncio
import contextvars
import os
import signal
import subprocess
import sys
import threading
import time
import warnings

import pytest

from llmops_magics.errors import UsageError
from llmops_magics.models.loop import LOOP, LoopThread

COLOUR = contextvars.ContextVar("colour", default="none")
INTERRUPTED = """
import asyncio, sys
from llmops_magics.models.loop import LOOP

async def work():
    print("started", flush=True)
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        await asyncio.sleep(0.3)
        print("tidied up", flush=True)
        raise

tick = (lambda: None) if sys.argv[1] == "tick" else None
try:
    LOOP.run(work(), tick=tick)
except KeyboardInterrupt:
    print("interrupted", flush=True)

async def after():
    return "and runs on"

print(LOOP.run(after()), flush=True)
"""


async def double(number):
    await asyncio.sleep(0)
    return number * 2


async def fail(error):
    raise error


def test_the_result_comes_back():
    assert LOOP.run(double(21)) == 42


def test_the_coroutines_own_error_is_raised():
    with pytest.raises(ZeroDivisionError, match="mine"):
        LOOP.run(fail(ZeroDivisionError("mine")))


def test_the_coroutines_own_time_out_is_raised_at_once():
    with pytest.raises(TimeoutError, match="mine"):
        LOOP.run(fail(TimeoutError("mine")), tick=lambda: None)


def test_context_variables_go_with_the_work():
    async def colour():
        return COLOUR.get()

    token = COLOUR.set("red")
    try:
        assert LOOP.run(colour()) == "red"
    finally:
        COLOUR.reset(token)
    assert LOOP.run(colour()) == "none"


def test_it_works_inside_a_running_loop():
    async def cell():
        return LOOP.run(double(21))

    assert asyncio.run(cell()) == 42


def test_all_work_is_done_in_one_daemon_thread():
    async def where():
        return threading.current_thread()

    assert LOOP.run(where()) is LOOP.run(where())
    assert LOOP.run(where()).daemon


def test_threads_do_not_wait_for_one_another():
    results = []
    both = threading.Barrier(2)

    async def meet():
        await asyncio.to_thread(both.wait, 10)
        return 1

    threads = [threading.Thread(target=lambda: results.append(LOOP.run(meet()))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert results == [1, 1]


def test_the_tick_runs_in_the_callers_thread():
    ticks = []
    LOOP.run(asyncio.sleep(0.35), tick=lambda: ticks.append(threading.current_thread()))
    assert 1 <= len(ticks) <= 4
    assert set(ticks) == {threading.current_thread()}


def test_an_error_in_the_tick_cancels_the_work():
    ended = threading.Event()

    async def work():
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    with pytest.raises(ZeroDivisionError):
        LOOP.run(work(), tick=lambda: 1 / 0)
    assert ended.is_set()


def test_a_blocking_call_on_the_loop_is_refused():
    async def blocking():
        return LOOP.run(double(1))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UsageError, match="Await the asynchronous form"):
            LOOP.run(blocking())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_it_works_after_a_fork():
    assert LOOP.run(double(1)) == 2
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the loop's thread is running
        child = os.fork()
    if child == 0:
        os._exit(LOOP.run(double(21)))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 42
    assert LOOP.run(double(2)) == 4


@pytest.mark.parametrize("how", ["tick", "no tick"])
def test_an_interrupt_cancels_the_work_and_waits_until_it_has_tidied_up(how):
    command = [sys.executable, "-c", INTERRUPTED, how]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "started\n"
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=30)
    assert output.splitlines() == ["tidied up", "interrupted", "and runs on"]


def test_a_loop_of_ones_own():
    loop = LoopThread()
    assert loop.run(double(2)) == 4
    loop._loop.call_soon_threadsafe(loop._loop.stop)
    loop._thread.join(10)
    loop._loop.close()


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_what_a_task_raises_does_not_end_the_loop(error):
    async def with_a_task():
        async with asyncio.TaskGroup() as group:
            group.create_task(fail(error()))

    loop = LoopThread()
    with pytest.raises(error):
        loop.run(with_a_task())
    assert loop.run(double(2)) == 4


def test_a_loop_that_is_blocked_is_left_behind(monkeypatch):
    monkeypatch.setattr("llmops_magics.models.loop.TIDY_UP_S", 0.1)
    free = threading.Event()

    async def blocks():
        free.wait(20)

    def stop():
        raise KeyboardInterrupt

    loop = LoopThread()
    with pytest.raises(KeyboardInterrupt):
        loop.run(blocks(), tick=stop)
    assert loop.run(double(2)) == 4
    free.set()
