"""Stored answers on a real PostgreSQL server: the same rules as on SQLite."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from llmops_magics.config.settings import CacheSettings
from llmops_magics.models.chat import ChatResponse
from llmops_magics.models.stored import ResponseCache
from llmops_magics.storage.table import response

pytestmark = pytest.mark.xdist_group("postgresql")  # one server

ANSWER = ChatResponse(
    text="Paris \x00 \U0001f5fc", model="m", finish_reason="stop", usage=None, response_id="r",
    latency_ms=5.1, endpoint="mine",
)  # fmt: skip


@pytest.fixture
def store(postgresql_store):
    return postgresql_store


def put(store, answer, *, key="k", replaces=False, settings=None):
    cache = ResponseCache(lambda: store, settings)
    cache.put(key, "m", answer, replaces=replaces)
    cache.close()


def look(store, key="k"):
    return asyncio.run(ResponseCache(lambda: store).get(key, "mine"))


def test_an_answer_comes_back_as_it_was(store):
    put(store, ANSWER)
    assert look(store).answer == replace(ANSWER, cached=True)
    assert look(store, "other") == (None, False)


def test_who_comes_first_is_kept_unless_replaced(store):
    for word, replaces, expected in (("a", False, "a"), ("b", False, "a"), ("c", True, "c")):
        put(store, replace(ANSWER, text=word), replaces=replaces)
        assert look(store).answer.text == expected


def test_a_foreign_row_is_a_miss(store):
    put(store, ANSWER)
    with store.write() as connection:
        connection.execute(update(response).values(body={"answer": "London"}))
    assert look(store) == (None, True)


def test_old_and_surplus_rows_go(store):
    for key in ("a", "b", "c"):
        put(store, ANSWER, key=key)
    with store.write() as connection:
        connection.execute(
            update(response).where(response.c.key == "a").values(created_at="2020-01-01T")
        )
    put(store, ANSWER, key="d", settings=CacheSettings(max_answers=2))
    with store.read() as connection:
        assert sorted(connection.execute(select(response.c.key)).scalars()) == ["c", "d"]
