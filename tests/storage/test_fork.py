from sqlalchemy import func, insert, select

from llmops_magics.storage import fork
from llmops_magics.storage.table import label_move


def add(store):
    with store.write() as connection:
        row = {"name": "a", "label": "a", "number": 1, "actor": "", "moved_at": ""}
        connection.execute(insert(label_move).values(row))
    return True


def count(store):
    with store.read() as connection:
        return connection.execute(select(func.count()).select_from(label_move)).scalar()


class Counter:
    def __init__(self):
        self.renewals = 0

    def renew(self):
        self.renewals += 1


def test_each_thing_that_lives_is_renewed_in_the_child_only(in_child):
    kept = Counter()
    fork.renew_in_child(kept)
    fork.renew_in_child(Counter())  # forgotten at once
    assert in_child(lambda: kept.renewals == 1)
    assert kept.renewals == 0


def test_a_lock_that_was_held_at_the_fork_is_free_in_the_child(store, in_child):
    with store._opening:
        assert in_child(lambda: add(store))
    assert count(store) == 1


def test_the_child_leaves_its_parents_connections_open(store, in_child):
    add(store)
    pool = store.engine.pool
    assert in_child(lambda: store.engine.pool is not pool and pool in fork._INHERITED)
    assert in_child(lambda: add(store))
    assert (count(store), store.engine.pool) == (2, pool)


def test_a_glance_that_the_process_forked_in_gives_its_connection_to_nobody(store, in_child):
    def leave(glance):
        glance.__exit__(None, None, None)
        return store._glances._idle == [] and add(store)

    glance = store.glance()
    with glance:
        assert in_child(lambda: leave(glance))
    assert len(store._glances._idle) == 1
