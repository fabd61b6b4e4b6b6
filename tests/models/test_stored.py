from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from dataclasses import replace

import pytest
from sqlalchemy import insert, select, update

from llmops_magics.config.settings import CacheSettings
from llmops_magics.errors import StoreError
from llmops_magics.models import stored
from llmops_magics.models.chat import ChatResponse
from llmops_magics.models.stored import ResponseCache
from llmops_magics.storage.store import Store
from llmops_magics.storage.table import response

ANSWER = ChatResponse(
    text="Paris", model="m", finish_reason="stop", usage=None, response_id="r", latency_ms=5.0,
    endpoint="mine",
)  # fmt: skip
LONG_AGO = "2020-01-01T00:00:00.000000Z"


@pytest.fixture
def store(tmp_path):
    opened = Store.open(f"sqlite:///{tmp_path}/llmops.db")
    yield opened
    opened.close()


@pytest.fixture
def open_cache(store):
    caches = []

    def make(**settings):
        caches.append(ResponseCache(lambda: store, CacheSettings.model_validate(settings)))
        return caches[-1]

    yield make
    for cache in caches:
        cache.close()


def look(cache, key="k"):
    return asyncio.run(cache.get(key, "mine"))


def rows(store):
    with store.read() as connection:
        return dict(connection.execute(select(response.c.key, response.c.created_at)).all())


def test_an_answer_is_there_at_once_and_in_the_store_within_a_second(open_cache, store):
    cache = open_cache()
    cache.put("k", "mine/m", ANSWER)
    assert look(cache).answer == replace(ANSWER, cached=True)
    written_by = time.monotonic() + 5
    while not rows(store) and time.monotonic() < written_by:
        time.sleep(0.05)
    assert time.monotonic() < written_by - 4
    assert look(open_cache()).answer == replace(ANSWER, cached=True)


def test_nothing_is_nothing(open_cache):
    assert look(open_cache()) == (None, False)


def test_who_comes_first_is_kept_unless_replaced(open_cache):
    cache, other = open_cache(), open_cache()
    for text, replaces, expected in (("a", False, "a"), ("b", False, "a"), ("c", True, "c")):
        cache.put("k", "m", replace(ANSWER, text=text), replaces=replaces)
        cache.flush()
        assert look(other).answer.text == expected


def test_a_flush_writes_large_batches_too(open_cache, store, monkeypatch):
    monkeypatch.setattr(stored, "MAX_BATCH", 7)
    cache = open_cache()
    for number in range(30):
        cache.put(f"k{number}", "m", ANSWER)
    cache.flush()
    assert len(rows(store)) == 30
    assert cache._new == {}


@pytest.mark.parametrize("body", ["{broken", "3", "null", '{"answer": {}}', b"\xff\xfe"])
def test_a_damaged_row_is_a_miss_and_makes_room(open_cache, store, body):
    cache = open_cache()
    cache.put("k", "m", ANSWER)
    cache.flush()
    with store.write() as connection:
        connection.exec_driver_sql("UPDATE response SET body = ?", (body,))
    assert look(cache) == (None, True)
    cache.put("k", "m", ANSWER, replaces=True)
    cache.flush()
    assert look(cache).answer is not None


def test_what_is_too_old_is_a_miss_and_goes(open_cache, store):
    cache = open_cache(max_age_days=1)
    cache.put("k", "m", ANSWER)
    cache.flush()
    with store.write() as connection:
        connection.execute(update(response).values(created_at=LONG_AGO))
    assert look(cache) == (None, True)
    later = open_cache(max_age_days=1)  # prunes with its first batch
    later.put("l", "m", ANSWER)
    later.flush()
    assert list(rows(store)) == ["l"]


def test_the_oldest_go_when_there_are_too_many(open_cache, store):
    times = [f"2{number:03}-01-01T00:00:00.000000Z" for number in range(30, 40)]
    with store.write() as connection:
        connection.execute(
            insert(response),
            [{"key": t[:4], "model": "m", "body": {}, "created_at": t} for t in times],
        )
    cache = open_cache(max_answers=4, max_age_days=9999)
    cache.put("now", "m", ANSWER)
    cache.flush()
    assert sorted(rows(store)) == ["2036", "2037", "2038", "2039"]


def test_another_process_finds_it(open_cache, store):
    cache = open_cache()
    cache.put("k", "m", ANSWER)
    cache.flush()
    code = f"""
import asyncio
from llmops_magics.models.stored import ResponseCache
from llmops_magics.storage.store import Store
cache = ResponseCache(lambda: Store.open({store.engine.url.render_as_string()!r}))
print(asyncio.run(cache.get("k", "mine")).answer.text)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, timeout=60)
    assert done.stdout.split() == [b"Paris"]


def test_a_fork_writes_its_own_answers_and_not_the_parents(open_cache, store, in_child):
    cache = open_cache()
    cache.put("parent", "m", ANSWER)

    def work():
        own = cache._new == {}
        cache.put("child", "m", ANSWER)
        cache.close()
        return own and "child" in rows(store)

    assert in_child(work)
    cache.flush()
    assert set(rows(store)) == {"parent", "child"}


def test_a_store_that_cannot_be_read_or_written_is_warned_of_once(recwarn):
    def gone():
        raise StoreError("the store is gone.")

    cache = ResponseCache(gone)
    assert look(cache, "k") == (None, False)
    cache.put("k", "m", ANSWER)
    cache.flush()
    cache.close()
    assert cache.unwritten == 1
    assert len([w for w in recwarn if "the store is gone" in str(w.message)]) == 1


def test_a_closed_cache_opens_again(open_cache, store):
    cache = open_cache()
    for key in ("a", "b"):
        cache.put(key, "m", ANSWER)
        cache.close()
    assert set(rows(store)) == {"a", "b"}
    assert json.dumps(sorted(rows(store)))
