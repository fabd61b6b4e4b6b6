import os
import sqlite3
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import pytest
from sqlalchemy import column, func, insert, make_url, select, table

from llmops_magics.errors import StoreError
from llmops_magics.storage.query import Query, reader_of
from llmops_magics.storage.store import Store
from llmops_magics.storage.table import label_move

COUNT = Query(select(func.count()).select_from(label_move))
NO_TABLE = Query(select(column("x")).select_from(table("missing_table")))
ADD = """
import sys
from sqlalchemy import insert
from llmops_magics.storage.store import Store
from llmops_magics.storage.table import label_move
with Store.open(sys.argv[1]).write() as c:
    c.execute(insert(label_move).values(name="a", label="a", number=1, actor="", moved_at=""))
"""


def add(store):
    with store.write() as connection:
        row = {"name": "a", "label": "a", "number": 1, "actor": "", "moved_at": ""}
        connection.execute(insert(label_move).values(row))


def count(store):
    with store.glance() as reader:
        return reader.rows(COUNT)[0][0]


def test_the_next_glance_sees_what_another_process_wrote(store, url):
    assert count(store) == 0
    subprocess.run([sys.executable, "-c", ADD, url], check=True)
    assert count(store) == 1


def test_a_glance_sees_one_moment_and_does_not_hold_writers_up(store):
    with store.glance() as reader:
        assert reader.rows(COUNT) == [(0,)]
        add(store)
        assert reader.rows(COUNT) == [(0,)]
    assert count(store) == 1


def test_a_glance_cannot_write(store):
    with store.glance() as reader, pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.connection.execute("DELETE FROM span")


def test_a_failed_query_is_a_store_error_and_the_next_works(store):
    with pytest.raises(StoreError, match="no such table"), store.glance() as reader:
        reader.rows(NO_TABLE)
    with pytest.raises(ZeroDivisionError), store.glance():
        _ = 1 / 0
    with pytest.raises(StoreError, match="no such table"), store.write() as connection:
        reader_of(connection).rows(NO_TABLE)
    assert count(store) == 0


def test_threads_glance_and_write_at_once(store):
    seen = []

    def work():
        for _ in range(10):
            add(store)
            seen.append(count(store))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count(store) == max(seen) == 40


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_fork_uses_none_of_its_parents_connections(store):
    assert count(store) == 0
    parents = store._glances._idle[0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # other threads may be running
        child = os.fork()
    if child == 0:
        add(store)
        alright = count(store) == 1 and parents not in store._glances._idle
        store.close()
        os._exit(0 if alright else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert count(store) == 1
    assert store._glances._idle == [parents]


def test_a_closed_store_opens_again(store):
    add(store)
    store.close()
    assert store._glances._idle == []
    assert count(store) == 1


def test_a_store_that_is_only_glanced_at_makes_no_engine(store, url):
    opened = Store.open(url)
    assert count(opened) == 0
    assert opened._engine is None


def test_a_relative_place_stays_where_it_was(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Store.open("sqlite:///state/a.db").close()
    store = Store.open("sqlite:///state/a.db")
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    add(store)
    assert count(store) == 1
    assert not Path("state").exists()


def test_a_database_in_memory_is_read_through_its_engine(tmp_path):
    store = Store.open("sqlite://", str(tmp_path))
    add(store)
    assert count(store) == 1


def put_in_place(tmp_path, url):
    """Replace the database by another one, which has two moves."""
    other = Store.open(f"sqlite:///{tmp_path}/other/llmops.db")
    add(other), add(other)
    other.close()
    place = Path(make_url(url).database)
    (tmp_path / "other" / "llmops.db").replace(place)
    for rest in ("-wal", "-shm"):
        Path(f"{place}{rest}").unlink(missing_ok=True)


def test_a_file_that_was_replaced_is_read_and_written_from_then_on(store, url, tmp_path):
    add(store)
    with store.glance() as reader:
        before = reader.origin
        assert reader.rows(COUNT) == [(1,)]
        put_in_place(tmp_path, url)
        assert reader.rows(COUNT) == [(1,)]  # one moment, to its end
    with store.glance() as reader:
        assert reader.origin != before
        assert reader.rows(COUNT) == [(2,)]
    add(store)
    assert count(store) == count(Store.open(url)) == 3


def test_the_origin_is_another_after_closing(store):
    seen = []
    for _ in range(2):
        with store.glance() as reader:
            seen.append(reader.origin)
        with store.glance() as reader:
            assert reader.origin == seen[-1]
        store.close()
    assert seen[0] != seen[1]


def test_a_file_that_is_gone_is_named_and_not_made_anew(store, url):
    add(store)
    assert count(store) == 1
    place = Path(make_url(url).database)
    place.rename(place.with_name("away.db"))
    for look in (store.glance, store.read, store.write):
        with pytest.raises(StoreError, match="there is no store"), look():
            pass
    assert not place.exists()
    place.with_name("away.db").rename(place)
    assert count(store) == 1
