"""The tables of corpora only grow, and a store from before them is upgraded with what it holds."""

from __future__ import annotations

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import IntegrityError

from llmops_magics.audit import trail
from llmops_magics.retrieval.corpus.registry import CorpusRegistry
from llmops_magics.storage.schema import MIGRATIONS
from llmops_magics.storage.store import Store


@pytest.mark.parametrize("table", ["corpus_version", "corpus_source"])
@pytest.mark.parametrize("change", ["UPDATE {} SET corpus = 'x'", "DELETE FROM {}"])
def test_a_row_is_never_changed(store, table, change):
    CorpusRegistry(store, lambda: "ada").add("faq", [{"id": "a", "text": "one"}])
    with pytest.raises(IntegrityError, match=f"{table} is append-only"), store.write() as c:
        c.execute(text(change.format(table)))


def test_a_store_from_before_corpora_is_upgraded(url, tmp_path):
    (tmp_path / ".llmops").mkdir()
    engine = create_engine(url)
    with engine.connect() as connection, connection.begin():
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "0007")
        trail.append(connection, actor="ada", action="x", resource="y", body={})
    assert "corpus_version" not in inspect(engine).get_table_names()
    engine.dispose()
    store = Store.open(url)
    assert CorpusRegistry(store, lambda: "ada").add("faq", [{"id": "a", "text": "x"}]).number == 1
    with store.read() as connection:
        assert [event.action for event in trail.events(connection)] == ["x", "corpus.add"]
        assert trail.verify(connection).problems == ()
    store.close()
