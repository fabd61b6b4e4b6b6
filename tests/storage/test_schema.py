from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from llmops_magics.errors import StoreVersionError
from llmops_magics.storage.schema import HEAD, ensure_schema
from llmops_magics.storage.store import Store
from llmops_magics.storage.table import metadata


def test_migrating_from_nothing_makes_every_table(store):
    assert set(inspect(store.engine).get_table_names()) == {*metadata.tables, "alembic_version"}


def test_the_migrations_make_what_the_tables_say(store):
    with store.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_a_migrated_store_is_left_alone(store):
    ensure_schema(store.engine)
    with store.read() as connection:
        rows = connection.execute(text("SELECT version_num FROM alembic_version")).all()
    assert rows == [(HEAD,)]


def test_the_newest_migration_is_the_head():
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    from llmops_magics.storage.schema import MIGRATIONS

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_a_newer_store_is_refused_and_not_touched(store, url):
    with store.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreVersionError, match=r"schema 9999.*Upgrade"):
        Store.open(url)
    with store.read() as connection:
        assert (
            connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9999"
        )


def test_a_migration_that_fails_leaves_nothing(tmp_path):
    from sqlalchemy import create_engine

    url = f"sqlite:///{tmp_path}/a.db"
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE span (other INTEGER)"))  # in the migration's way
    from llmops_magics.errors import StoreError

    with pytest.raises(StoreError, match="already exists"):
        Store.open(url)
    assert inspect(engine).get_table_names() == ["span"]
