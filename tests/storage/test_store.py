from __future__ import annotations

import os
import random
import signal
import stat
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path

import pytest
from sqlalchemy import func, insert, make_url, select, text
from sqlalchemy.exc import IntegrityError

from llmops_magics.errors import LlmopsError, StoreError
from llmops_magics.storage import store as store_module
from llmops_magics.storage.query import Query, reader_of
from llmops_magics.storage.store import Store, is_healthy
from llmops_magics.storage.table import label_move, sample

# Each transaction writes two rows that belong together, and says so once it is committed.
WRITER = """
import sys
from sqlalchemy import insert
from llmops_magics.storage.store import Store
from llmops_magics.storage.table import label_move
store, name, count = Store.open(sys.argv[1]), sys.argv[2], int(sys.argv[3])
print("open", flush=True)
for i in range(count):
    with store.write() as c:
        for label in ("a", "b"):
            c.execute(insert(label_move).values(
                name=name, label=label, number=i, actor="x" * 2000, moved_at=""))
    print(i, flush=True)
"""


def start_writer(url, name, count):
    command = [sys.executable, "-c", WRITER, url, name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def move(name, number=1):
    return insert(label_move).values(name=name, label="a", number=number, actor="", moved_at="")


def count_moves(store):
    with store.read() as connection:
        return connection.execute(select(func.count()).select_from(label_move)).scalar()


def test_what_is_written_is_read_after_opening_again(store, url):
    with store.write() as connection:
        connection.execute(move("greet"))
    store.close()
    assert count_moves(Store.open(url)) == 1


def test_an_error_rolls_the_whole_transaction_back(store):
    with pytest.raises(ZeroDivisionError), store.write() as connection:  # noqa: PT012
        connection.execute(move("greet"))
        _ = 1 / 0
    assert count_moves(store) == 0


def test_foreign_keys_are_on(store):
    with pytest.raises(IntegrityError), store.write() as connection:
        connection.execute(insert(sample).values(run_id="none", case_id="c", repeat=0, body={}))


def test_a_reader_sees_one_moment(store):
    with store.read() as reader:
        assert reader.execute(select(func.count()).select_from(label_move)).scalar() == 0
        with store.write() as connection:
            connection.execute(move("greet"))
        assert reader.execute(select(func.count()).select_from(label_move)).scalar() == 0
    assert count_moves(store) == 1


def test_two_processes_write_at_once_and_nothing_is_lost(url):
    writers = [start_writer(url, name, 40) for name in ("one", "two")]
    assert [w.wait(60) for w in writers] == [0, 0]
    for writer in writers:
        writer.stdout.close()
    store = Store.open(url)
    assert count_moves(store) == 2 * 40 * 2
    store.close()


def test_a_killed_writer_leaves_whole_transactions_only(url):
    chance, committed = random.Random(7), 0
    for round_number in range(4):
        name = f"round{round_number}"
        writer = start_writer(url, name, 1_000_000)
        writer.stdout.readline()
        time.sleep(chance.uniform(0.0, 0.4))
        writer.send_signal(signal.SIGKILL)
        said = writer.stdout.read().splitlines()
        writer.wait()
        writer.stdout.close()
        # What was said was committed; of the last, unsaid one both rows are there, or none.
        whole = len(_whole_transactions(url, name))
        assert whole - len(said) in {0, 1}
        committed += whole
    assert committed


def _whole_transactions(url, name):
    store = Store.open(url)
    with store.read() as c:
        assert c.execute(text("PRAGMA integrity_check")).scalar() == "ok"
        of_name = select(label_move.c.number, func.count()).where(label_move.c.name == name)
        rows = c.execute(of_name.group_by(label_move.c.number)).all()
    store.close()
    assert all(count == 2 for _, count in rows)
    assert [number for number, _ in rows] == list(range(len(rows)))
    return rows


def test_a_lock_that_is_not_given_up_is_named(url, monkeypatch):
    monkeypatch.setattr(store_module, "BUSY_TIMEOUT_MS", 50)
    one, two = Store.open(url), Store.open(url)
    with one.write(), pytest.raises(StoreError, match="locked by another process"), two.write():
        pass
    with two.write() as connection:
        connection.execute(move("greet"))


def test_a_full_disk_is_a_store_error(store):
    with pytest.raises(StoreError, match="full"), store.write() as connection:  # noqa: PT012
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        connection.execute(move("x" * 100_000))


def test_threads_share_a_store(store):
    def write():
        for number in range(10):
            with store.write() as connection:
                connection.execute(move("greet", number))

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count_moves(store) == 40


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_fork_opens_connections_of_its_own(store):
    with store.write() as connection:
        connection.execute(move("parent"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # other threads may be running
        child = os.fork()
    if child == 0:
        with store.write() as connection:
            connection.execute(move("child"))
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert count_moves(store) == 2


@pytest.mark.parametrize("place", ["file/below/llmops.db", "file/llmops.db"])
def test_a_folder_that_cannot_be_made_is_named(tmp_path, place):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(StoreError, match=r"cannot create .*file"):
        Store.open(f"sqlite:///{tmp_path}/{place}")


def test_a_database_that_is_none_is_named(tmp_path):
    (tmp_path / "llmops.db").write_bytes(b"no database" * 1000)
    with pytest.raises(StoreError, match="not a database"):
        Store.open(f"sqlite:///{tmp_path}/llmops.db")
    (tmp_path / "folder.db").mkdir()
    with pytest.raises(StoreError, match="unable to open"):
        Store.open(f"sqlite:///{tmp_path}/folder.db")


@pytest.mark.parametrize("url", ["nonsense", "nosuchbase://host/name"])
def test_an_address_that_is_none_is_a_store_error(url, tmp_path):
    with pytest.raises(StoreError, match="LLMOPS_STORE"):
        Store.open(url, str(tmp_path))


def test_a_password_in_the_address_is_not_shown(tmp_path):
    address = "nosuchbase://user:hunter2@host/name"
    for artifacts in ("", str(tmp_path)):
        with pytest.raises(LlmopsError) as failure:
            Store.open(address, artifacts)
        assert "hunter2" not in str(failure.value)


def test_a_new_folder_is_the_owners_alone_and_an_old_one_stays(tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o755)
    Store.open(f"sqlite:///{shared}/a.db").close()
    Store.open(f"sqlite:///{shared}/.llmops/a.db").close()
    assert stat.S_IMODE(shared.stat().st_mode) == 0o755
    assert stat.S_IMODE((shared / ".llmops").stat().st_mode) == 0o700


def test_artifacts_lie_beside_the_database(store, tmp_path):
    address = store.artifacts.put(b"content")
    assert store.artifacts.get(address) == b"content"
    assert (tmp_path / ".llmops" / "artifacts").is_dir()


def test_health(store):
    assert is_healthy(store)


def test_what_cannot_be_read_is_a_store_error(store):
    nowhere = text("SELECT * FROM nowhere")
    for look in (
        lambda connection: connection.execute(nowhere),
        lambda connection: reader_of(connection).rows(Query(nowhere)),
    ):
        message = "cannot read the store: .*no such table"
        with pytest.raises(StoreError, match=message), store.read() as connection:
            look(connection)


def test_a_store_that_does_not_answer_is_not_healthy(store, url):
    Path(make_url(url).database).unlink()
    assert not is_healthy(store)
