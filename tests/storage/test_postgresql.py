"""What PostgreSQL does otherwise than SQLite, on a real server (``conftest.postgresql``)."""

from __future__ import annotations

import pytest
from sqlalchemy import func, insert, make_url, select, text

from llmops_magics.errors import PromptError, StoreError
from llmops_magics.prompts.registry import PromptRegistry
from llmops_magics.storage.artifact import Artifacts
from llmops_magics.storage.query import Query
from llmops_magics.storage.store import Store, is_healthy
from llmops_magics.storage.table import label_move

COUNT = select(func.count()).select_from(label_move)

pytestmark = pytest.mark.xdist_group("postgresql")  # one server


@pytest.fixture
def store(postgresql_store):
    return postgresql_store


def add(store):
    with store.write() as connection:
        row = {"name": "a", "label": "a", "number": 1, "actor": "", "moved_at": ""}
        connection.execute(insert(label_move).values(row))
    return True


def session(store):
    with store.read() as connection:
        return connection.execute(text("SELECT pg_backend_pid()")).scalar()


def count(store):
    with store.read() as connection:
        return connection.execute(COUNT).scalar()


def test_a_read_and_a_glance_see_one_moment(store):
    with store.read() as connection, store.glance() as reader:
        for _ in range(2):
            assert connection.execute(COUNT).scalar() == reader.rows(Query(COUNT))[0][0] == 0
            add(store)
    assert count(store) == 2
    with store.write() as connection:  # which must see what others wrote while it waited
        level = connection.execute(text("SHOW transaction_isolation")).scalar()
    assert level == "read committed"


def test_a_server_that_is_gone_is_a_store_error(tmp_path):
    gone = make_url("postgresql+psycopg://postgres@127.0.0.1:1/postgres")
    store = Store(gone, Artifacts(str(tmp_path)))
    for door in (store.read, store.glance, store.write):
        with pytest.raises(StoreError, match=r"cannot .* the store: .*refused"), door():
            pass
    assert not is_healthy(store)


def test_a_server_that_goes_in_the_middle_is_a_store_error_and_its_return_is_seen(store):
    kill = text("SELECT pg_terminate_backend(:pid)")

    def die_in(door):
        with door() as connection:
            pid = connection.execute(text("SELECT pg_backend_pid()")).scalar()
            with store.write() as other:
                other.execute(kill, {"pid": pid})
            connection.execute(COUNT)

    for door, verb in ((store.read, "read"), (store.write, "write to")):
        with pytest.raises(StoreError, match=f"cannot {verb} the store"):
            die_in(door)
        assert count(store) == 0


def test_a_fork_opens_connections_of_its_own(store, in_child):
    own = session(store)
    assert in_child(lambda: session(store) != own and add(store))
    assert (count(store), session(store)) == (1, own)


@pytest.mark.parametrize("bad", ["a\x00b", "\ud800"])
def test_what_it_cannot_hold_is_refused_before_it_is_asked(store, bad):
    registry = PromptRegistry(store, actor=lambda: "ada")
    registry.register("a", "x")
    for change in (
        lambda: registry.register("a", "y", message=bad),
        lambda: registry.label("a", "mine", reason=bad),
        lambda: registry.archive("a", reason=bad),
    ):
        with pytest.raises(PromptError, match=r"control character|half a character"):
            change()
    assert registry.get("a").ref == "a@1"
