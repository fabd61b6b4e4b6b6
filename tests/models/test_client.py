from __future__ import annotations

import asyncio
import os
import warnings
from dataclasses import replace

import pytest

from llmops_magics.config.settings import Settings
from llmops_magics.errors import RequestRejectedError, UnknownModelError
from llmops_magics.models.chat import ChatRequest
from llmops_magics.models.client import ModelClient
from llmops_magics.testing import ScriptedProcess, ScriptedServer

REQUEST = ChatRequest(model="mine/m", messages=({"role": "user", "content": "?"},))


@pytest.fixture
def connect(monkeypatch):
    """Give a client of a server under the name ``mine``."""
    clients = []

    def make(server, *interceptors):
        monkeypatch.setenv("MINE_KEY", server.api_key)
        endpoint = {"base_url": server.base_url, "api_key_env": "MINE_KEY"}
        settings = Settings.model_validate(
            {"endpoints": {"mine": endpoint}, "models": {"max_retries": 0, "timeout_s": 10}}
        )
        clients.append(ModelClient(settings, interceptors))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


class Loud:
    async def intercept(self, request, call_next):
        response = await call_next(request)
        return replace(response, text=response.text.upper())


def test_a_blocking_call(connect):
    with ScriptedServer("Paris") as server:
        assert connect(server).chat_blocking(REQUEST).text == "Paris"


def test_a_call_passes_the_interceptors(connect):
    with ScriptedServer("Paris") as server:
        assert connect(server, Loud()).chat_blocking(REQUEST).text == "PARIS"


def test_a_blocking_call_inside_a_running_loop(connect):
    async def cell(client):
        return client.chat_blocking(REQUEST)

    with ScriptedServer("Paris") as server:
        assert asyncio.run(cell(connect(server))).text == "Paris"


def test_one_client_serves_several_loops(connect):
    with ScriptedServer("Paris") as server:
        client = connect(server)
        assert client.chat_blocking(REQUEST).text == "Paris"
        assert asyncio.run(client.chat(REQUEST)).text == "Paris"
        assert asyncio.run(client.chat(REQUEST)).text == "Paris"
        assert client.chat_blocking(REQUEST).text == "Paris"


def test_what_only_the_trace_shall_see_is_not_sent(connect):
    with ScriptedServer("Paris") as server:
        request = replace(REQUEST, prompt_ref="greet@7", purpose="judge")
        connect(server).chat_blocking(request)
        (sent,) = server.requests
    assert set(sent) == {"path", "model", "messages"}


def test_errors_come_through(connect):
    with ScriptedServer("Paris") as server:
        client = connect(server)
        with pytest.raises(UnknownModelError):
            client.chat_blocking(replace(REQUEST, model="nowhere/m"))
        os.environ["MINE_KEY"] = "wrong"
        with pytest.raises(RequestRejectedError):
            client.chat_blocking(REQUEST)


def test_a_closed_client_opens_again(connect):
    with ScriptedServer("Paris") as server:
        client = connect(server)
        client.close()
        client.chat_blocking(REQUEST)
        client.close()
        assert client.chat_blocking(REQUEST).text == "Paris"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_client_works_on_both_sides_of_a_fork(connect):
    with ScriptedProcess("Paris") as server:
        client = connect(server)
        client.chat_blocking(REQUEST)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # the loop's thread is running
            child = os.fork()
        if child == 0:
            code = 0 if client.chat_blocking(REQUEST).text == "Paris" else 1
            client.close()
            os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert client.chat_blocking(REQUEST).text == "Paris"
