from __future__ import annotations

import json

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import IntegrityError

from llmops_magics.audit import trail
from llmops_magics.errors import PromptError, StoreError, StoreVersionError
from llmops_magics.prompts.registry import PromptRegistry
from llmops_magics.record import digest
from llmops_magics.storage.schema import HEAD, MIGRATIONS, ensure_schema
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
    url = f"sqlite:///{tmp_path}/a.db"
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE span (other INTEGER)"))  # in the migration's way
    with pytest.raises(StoreError, match="already exists"):
        Store.open(url)
    assert inspect(engine).get_table_names() == ["span"]


APPEND_ONLY = {
    "prompt_version": "name, number, digest, source, content, message, author, created_at",
    "label_move": "id, name, label, number, actor, moved_at",
    "prompt_tag": "id, name, number, key, value, actor, tagged_at",
    "prompt_include": "id, name, number, included, included_digest, through",
    "prompt_archive": "id, name, archived, actor, at, reason",
    "dataset_content": "digest, name, case_count, artifact, created_at",
    "dataset_version": "name, number, digest, is_schema_set, message, author, created_at",
    "dataset_freeze": "id, name, number, frozen, actor, at, reason",
}


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_a_table_of_versions_only_grows(store, table):
    columns = APPEND_ONLY[table]
    values = ", ".join("1" for _ in columns.split(","))
    with store.write() as connection:
        if table == "dataset_version":
            content = APPEND_ONLY["dataset_content"]
            connection.execute(
                text(f"INSERT INTO dataset_content ({content}) VALUES (1, 1, 1, 1, 1)")
            )
        connection.execute(text(f"INSERT INTO {table} ({columns}) VALUES ({values})"))
    for change in (
        f"UPDATE {table} SET name = 'x'",
        f"DELETE FROM {table}",
        f"REPLACE INTO {table} ({columns}) VALUES ({values})",
    ):
        with pytest.raises(IntegrityError, match=f"{table} is append-only"), store.write() as c:
            c.execute(text(change))


CONTENT = {"messages": [{"role": "user", "content": "Hi {{ name }}"}], "model": "", "settings": {}}
OLDER_RULES = "---\ninputs: {name: {pattern: x}}\n---\nHi {{ name }}"


@pytest.fixture
def old_url(tmp_path):
    """A store as the first release left it: two versions, a label that moved, the audit trail."""
    url = f"sqlite:///{tmp_path}/old.db"
    engine = create_engine(url)
    with engine.connect() as connection, connection.begin():
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        insert = "INSERT INTO prompt_version VALUES ('a', :number, :digest, :source, :content, "
        for number, source in enumerate(
            ["---\ndescription: Greets\nsample: {name: Ada}\n---\nHi {{ name }}", OLDER_RULES], 1
        ):
            row = {"number": number, "digest": digest(CONTENT), "source": source}
            row["content"] = json.dumps(CONTENT)
            connection.execute(text(f"{insert} 'why', 'ada', '2026-01-0{number}')"), row)
            connection.execute(
                text("INSERT INTO label_move VALUES (:n, 'a', 'mine', :n, 'ada', '2026-01-03')"),
                {"n": number},
            )
        trail.append(connection, actor="ada", action="prompt.register", resource="a@1", body={})
    engine.dispose()
    return url


def test_a_store_of_the_first_release_is_upgraded_with_what_it_holds(old_url):
    registry = PromptRegistry(Store.open(old_url), actor=lambda: "bob")
    version = registry.get("a@1")
    assert (version.description, version.sample) == ("Greets", {"name": "Ada"})
    assert (version.variables, version.message) == (("name",), "why")
    assert registry.get("a@mine").number == 2
    assert registry.rollback("a", "mine").after == 1
    moves = registry.log("a").entries[-1].moves
    assert [(m.action, m.before, m.actor, m.forced) for m in moves] == [
        ("move", None, "ada", False),
        ("rollback", 2, "bob", False),
    ]
    with registry._store.read() as connection:
        assert trail.verify(connection).problems == ()


def test_a_version_that_todays_rules_refuse_is_still_read(old_url):
    registry = PromptRegistry(Store.open(old_url), actor=lambda: "bob")
    assert registry.get("a@2").messages == registry.get("a@1").messages
    assert [p.description for p in registry.list().prompts] == [""]
    with pytest.raises(PromptError):
        registry.register("a", OLDER_RULES)


def test_the_upgrade_is_made_once_by_whoever_comes_first(old_url):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(4) as pool:
        stores = list(pool.map(Store.open, [old_url] * 4))
    for store in stores:
        with store.read() as connection:
            assert connection.execute(text("SELECT version_num FROM alembic_version")).all() == [
                (HEAD,)
            ]
        store.close()
