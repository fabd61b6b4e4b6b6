import pytest
from sqlalchemy import bindparam, insert, select

from llmops_magics.storage.query import ConnectionReader, Query, read_json, reader_of
from llmops_magics.storage.table import label_move, prompt_include

ABOVE = Query(
    select(label_move.c.number)
    .where(label_move.c.name == bindparam("name"), label_move.c.number > bindparam("above"))
    .order_by(label_move.c.number)
    .limit(2)
)
THROUGH = Query(select(prompt_include.c.through))


def move(name, number):
    return {"name": name, "label": "a", "number": number, "actor": "", "moved_at": ""}


@pytest.fixture
def filled(store):
    with store.write() as connection:
        rows = [move("a", n) for n in (1, 2, 3, 4)] + [move("b", 9)]
        connection.execute(insert(label_move), rows)
        held = {"name": "a", "number": 1, "included": "b", "included_digest": ""}
        connection.execute(insert(prompt_include), held | {"through": ["x", "ü"]})
    return store


def test_every_reader_gives_the_same_rows(filled):
    with filled.glance() as reader:
        glanced = reader.rows(ABOVE, name="a", above=1)
    with filled.read() as connection:
        driver = reader_of(connection).rows(ABOVE, above=1, name="a")
        alchemy = ConnectionReader(connection).rows(ABOVE, above=1, name="a")
    assert [tuple(row) for row in (*glanced, *driver, *alchemy)] == [(2,), (3,)] * 3


def test_json_is_read_whichever_reader_gave_it(filled):
    with filled.read() as connection:
        for reader in (reader_of(connection), ConnectionReader(connection)):
            assert [read_json(value) for (value,) in reader.rows(THROUGH)] == [["x", "ü"]]
    assert read_json(None) is None


def test_a_reader_in_a_transaction_sees_what_that_wrote(filled):
    with filled.write() as connection:
        connection.execute(insert(label_move), [move("c", 5)])
        assert reader_of(connection).rows(ABOVE, name="c", above=0) == [(5,)]
        with filled.glance() as reader:
            assert reader.rows(ABOVE, name="c", above=0) == []


def test_a_value_is_never_read_as_sql(filled):
    with filled.glance() as reader:
        assert reader.rows(ABOVE, name="a' OR '1'='1", above=0) == []
