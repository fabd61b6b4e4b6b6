import pytest
from sqlalchemy import create_engine, text

from llmops_magics.errors import StoreError
from llmops_magics.storage.place import follow, identify

WHAT = text("SELECT what FROM note")


def make(path, what):
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE note (what TEXT)"))
        connection.execute(text("INSERT INTO note VALUES (:what)"), {"what": what})
    engine.dispose()


def test_a_file_is_the_same_until_it_is_replaced(tmp_path):
    (tmp_path / "a").write_text("one")
    (tmp_path / "b").write_text("two")
    before = identify(tmp_path / "a")
    (tmp_path / "a").write_text("more")
    assert identify(tmp_path / "a") == before
    (tmp_path / "b").replace(tmp_path / "a")
    assert identify(tmp_path / "a") != before


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(StoreError, match=r"there is no store .*missing\.db"):
        identify(tmp_path / "missing.db")


def test_an_engine_goes_where_its_file_went(tmp_path):
    path = tmp_path / "a.db"
    make(path, "old"), make(tmp_path / "b.db", "new")
    engine = create_engine(f"sqlite:///{path}")
    follow(engine, str(path))
    with engine.connect() as connection:
        assert connection.execute(WHAT).scalar() == "old"
        (tmp_path / "b.db").replace(path)
        assert connection.execute(WHAT).scalar() == "old"  # one that is used is left alone
    for _ in range(2):
        with engine.connect() as connection:
            assert connection.execute(WHAT).scalar() == "new"
    path.unlink()
    for _ in range(2):
        with pytest.raises(StoreError, match="there is no store"), engine.connect():
            pass
    assert list(tmp_path.iterdir()) == []
