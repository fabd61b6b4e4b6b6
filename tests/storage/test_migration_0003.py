"""A store with datasets and evals of the schema before is upgraded with all it holds."""

from __future__ import annotations

import json

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError

from llmops_magics.audit import trail
from llmops_magics.datasets.dataset import dataset_from_rows
from llmops_magics.datasets.registry import DatasetRegistry, to_jsonl
from llmops_magics.evals.stored import finished_runs
from llmops_magics.prompts.log import read_log
from llmops_magics.storage.artifact import Artifacts
from llmops_magics.storage.schema import MIGRATIONS
from llmops_magics.storage.store import Store

FIRST = dataset_from_rows([{"id": "a", "q": "x", "expected": "y"}], "faq")
SECOND = dataset_from_rows([{"id": "a", "q": "z"}], "faq")
SUMMARY = {"errors": 0, "scores": []}


@pytest.fixture
def old_url(tmp_path):
    """A store of 0002: one name with two contents, an eval of the first, the audit trail."""
    url = f"sqlite:///{tmp_path}/old.db"
    artifacts = Artifacts(str(tmp_path / "artifacts"))
    engine = create_engine(url)
    with engine.connect() as connection, connection.begin():
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        for day, dataset in enumerate((FIRST, SECOND), 1):
            row = (dataset.digest, "faq", 1, artifacts.put(to_jsonl(dataset)), f"2026-01-0{day}")
            connection.exec_driver_sql("INSERT INTO dataset_version VALUES (?, ?, ?, ?, ?)", row)
        run = ("run-1", "finished", "p", 1, "sha256:p", FIRST.digest, "m", "{}")
        times = (json.dumps(SUMMARY), "2026-01-03", "2026-01-04")
        places = ", ".join("?" * 11)
        connection.exec_driver_sql(f"INSERT INTO eval_run VALUES ({places})", (*run, *times))
        connection.exec_driver_sql("INSERT INTO sample VALUES ('run-1', 'a', 0, '{}')")
        prompt = ("p", 1, "sha256:p", "Hi", "{}", "why", "ada", "2026-01-01", None)
        places = ", ".join("?" * 9)
        connection.exec_driver_sql(f"INSERT INTO prompt_version VALUES ({places})", prompt)
        body = {"digest": FIRST.digest, "cases": 1}
        trail.append(
            connection, actor="ada", action="dataset.register", resource="dataset/faq", body=body
        )
    engine.dispose()
    return url


@pytest.fixture
def store(old_url):
    opened = Store.open(old_url)
    yield opened
    opened.close()


def test_each_content_becomes_a_version_of_its_name(store):
    registry = DatasetRegistry(store)
    versions = registry.versions("faq")
    assert [(v.number, v.digest, v.author) for v in versions] == [
        (1, FIRST.digest, "ada"),
        (2, SECOND.digest, ""),
    ]
    assert (registry.get("faq"), registry.get("faq@1")) == (SECOND, FIRST)
    assert registry.get(FIRST.digest) == FIRST


def test_evals_go_on_naming_their_dataset(store):
    (run,) = finished_runs(store)
    assert DatasetRegistry(store).get(run.dataset_digest) == FIRST
    with store.glance() as reader:
        (entry,) = read_log(reader, "p", newest=1).entries
    assert [note.dataset for note in entry.evals] == ["faq"]


def test_integrity_is_kept_and_enforced(store):
    with store.read() as connection:
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
        assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
        assert trail.verify(connection).problems == ()
    unknown = text("UPDATE eval_run SET dataset_digest = 'sha256:none'")
    with pytest.raises(IntegrityError, match="FOREIGN KEY"), store.write() as connection:
        connection.execute(unknown)


def test_new_versions_follow_the_old_ones(store):
    registry = DatasetRegistry(store, actor=lambda: "bob")
    assert registry.register(dataset_from_rows([{"q": 1}], "faq")).number == 3
    again = registry.register(dataset_from_rows([{"id": "a", "q": "x", "expected": "y"}], "other"))
    assert (again.number, registry.get("other").digest) == (1, FIRST.digest)
    assert registry.get(FIRST.digest).name == "faq"
