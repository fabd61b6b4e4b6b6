from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from llmops_magics.config.settings import Settings
from llmops_magics.errors import EndpointError, ReplayMissError, UsageError
from llmops_magics.models.cache import CachingInterceptor, ResponseCache, caching
from llmops_magics.models.chat import ChatRequest
from llmops_magics.models.client import ModelClient
from llmops_magics.models.loop import LOOP
from llmops_magics.storage.store import Store
from llmops_magics.testing import Reply

REQUEST = ChatRequest(model="openai/m", messages=({"role": "user", "content": "Capital?"},))
NUMBERED = Reply.template("Answer {{ n }}")
MAIL = "ada.lovelace@example.com"


@pytest.fixture
def make_client(tmp_path):
    """Make a client with a cache, each on the same store."""
    store = Store.open(f"sqlite:///{tmp_path}/llmops.db")
    clients = []

    def make(capture="redacted"):
        settings = Settings.model_validate({"trace": {"capture": capture}})
        cache = ResponseCache(lambda: store)
        links = [CachingInterceptor(cache, settings)]
        clients.append(ModelClient(settings, links, on_close=cache.close))
        return clients[-1]

    yield make
    for client in clients:
        client.close()
    store.close()


@pytest.fixture
def client(make_client):
    return make_client()


def ask(client, mode, request=REQUEST):
    """Return the answer, and the use."""
    with caching(mode) as use:
        return client.chat_blocking(request), use


def test_without_a_mode_nothing_is_kept(client, endpoint):
    server = endpoint(NUMBERED)
    texts = [client.chat_blocking(REQUEST).text for _ in range(2)]
    texts += [ask(client, "off")[0].text]
    assert texts == ["Answer 1", "Answer 2", "Answer 3"]
    assert ask(client, "use")[0].text == "Answer 4"
    assert len(server.requests) == 4


def test_an_answer_is_given_again_as_it_was(client, endpoint):
    call = {"name": "look_up", "arguments": {"order": 7}}
    server = endpoint(Reply("", tool_calls=[call], usage=(7, 3), model="m-2026", latency_ms=30))
    (first, miss), (again, hit) = ask(client, "use"), ask(client, "use")
    assert (first.cached, again.cached) == (False, True)
    assert again == replace(first, cached=True)
    assert again.latency_ms >= 30
    assert again.tool_calls
    assert ((miss.asked, miss.hits), (hit.asked, hit.hits)) == ((1, 0), (0, 1))
    assert len(server.requests) == 1


def test_another_client_of_the_store_finds_it(make_client, endpoint):
    server = endpoint(NUMBERED)
    ask(make_client(), "use")  # written at the end of the block
    assert ask(make_client(), "use")[0].text == "Answer 1"
    assert len(server.requests) == 1


def test_each_repeat_has_an_answer_of_its_own(client, endpoint):
    endpoint(NUMBERED)
    first = [ask(client, "use", replace(REQUEST, repeat=r))[0].text for r in range(3)]
    again = [ask(client, "use", replace(REQUEST, repeat=r))[0].text for r in range(3)]
    assert first == again == ["Answer 1", "Answer 2", "Answer 3"]


def test_refresh_asks_anew_and_keeps_the_new_answer(client, endpoint):
    endpoint(NUMBERED)
    texts = [ask(client, mode)[0].text for mode in ("use", "refresh", "use", "replay")]
    assert texts == ["Answer 1", "Answer 2", "Answer 2", "Answer 2"]


def test_replay_asks_nobody(client, endpoint, monkeypatch):
    server = endpoint("Paris")
    ask(client, "use")
    monkeypatch.delenv("OPENAI_API_KEY")  # a job that replays needs none
    assert ask(client, "replay")[0].text == "Paris"
    with pytest.raises(ReplayMissError, match=r"openai/m, repeat 1 \(sha256:"):
        ask(client, "replay", replace(REQUEST, repeat=1))
    assert len(server.requests) == 1


def test_an_error_is_never_kept(client, endpoint):
    endpoint([Reply.error(500), "Paris"])
    with pytest.raises(EndpointError):
        ask(client, "use")
    assert ask(client, "use")[0].text == "Paris"


def test_equal_calls_at_once_are_asked_once(client, endpoint):
    server = endpoint(Reply("Paris", latency_ms=50))

    async def at_once():
        with caching("use") as use:
            return await asyncio.gather(*(client.chat(REQUEST) for _ in range(8))), use

    answers, use = LOOP.run(at_once())
    assert [a.text for a in answers] == ["Paris"] * 8
    assert sorted(a.cached for a in answers) == [False] + [True] * 7
    assert (len(server.requests), use.asked, use.hits) == (1, 1, 7)


def test_when_the_one_that_was_asked_fails_the_others_ask_for_themselves(client, endpoint):
    endpoint([Reply.error(500, latency_ms=50), "Paris"])

    async def at_once():
        with caching("use"):
            calls = [client.chat(REQUEST) for _ in range(3)]
            return await asyncio.gather(*calls, return_exceptions=True)

    first, *others = LOOP.run(at_once())
    assert isinstance(first, EndpointError)
    assert [a.text for a in others] == ["Paris", "Paris"]


def test_a_cancelled_call_takes_no_other_with_it(client, endpoint):
    endpoint(Reply("Paris", latency_ms=50))

    async def at_once():
        with caching("use"):
            calls = [asyncio.create_task(client.chat(REQUEST)) for _ in range(3)]
            await asyncio.sleep(0.02)
            calls[0].cancel()  # the one that was asked
            calls[1].cancel()  # one that waits for it
            return (await calls[2]).text

    assert LOOP.run(at_once()) == "Paris"


@pytest.mark.parametrize("capture", ["redacted", "metadata"])
def test_what_would_be_masked_is_not_written(make_client, endpoint, tmp_path, capture):
    server = endpoint(f"Write to {MAIL}.")
    client = make_client(capture)
    uses = [ask(client, "use")[1] for _ in range(2)]
    assert [use.unkept for use in uses] == [1, 1]
    assert len(server.requests) == 2
    assert MAIL.encode() not in b"".join(p.read_bytes() for p in tmp_path.glob("llmops.db*"))


def test_with_full_capture_everything_is_kept(make_client, endpoint):
    server = endpoint(f"Write to {MAIL}.")
    client = make_client("full")
    assert MAIL in ask(client, "use")[0].text
    assert MAIL in ask(client, "use")[0].text
    assert len(server.requests) == 1


def test_the_question_is_not_written(client, endpoint, tmp_path):
    endpoint("Paris")
    ask(client, "use", replace(REQUEST, messages=({"role": "user", "content": "xylophone"},)))
    assert b"xylophone" not in b"".join(p.read_bytes() for p in tmp_path.glob("llmops.db*"))


def test_a_mode_that_cannot_be_meant_is_refused():
    with pytest.raises(UsageError, match="'sometimes'"), caching("sometimes"):
        pass


def test_blocks_nest(client, endpoint):
    endpoint(NUMBERED)
    with caching("use"):
        first = client.chat_blocking(REQUEST).text
        with caching("off"):
            assert client.chat_blocking(REQUEST).text != first
        assert client.chat_blocking(REQUEST).text == first
