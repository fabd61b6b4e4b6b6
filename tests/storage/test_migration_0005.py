"""A store with spans of the schema before gets the rows of its traces."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, select

from llmops_magics.storage.schema import MIGRATIONS
from llmops_magics.storage.store import Store
from llmops_magics.storage.table import trace
from llmops_magics.tracing.summary import fold

sys.path.append(str(Path(__file__).parents[1] / "tracing"))

from trace_spans import call, span

ROOT = {"llmops.notebook": "n.ipynb", "llmops.cell.number": 3}
FINISH = "gen_ai.response.finish_reasons"
SPANS = (
    span(1, name="cell 3", ms=5000, **ROOT),
    call(2, parent=1, at_s=1, ms=1000, attributes={"llmops.prompt.ref": "é@1", FINISH: ["length"]}),
    call(3, parent=1, at_s=2, model="openai/x", cost=None),
    call(4, parent=1, at_s=3, status="error", cost=None, attributes={"error.type": "RateLimit"}),
    call(5, parent=1, at_s=4, cost=None, status="error", attributes={"error.type": "Timeout"}),
    span(7, trace=2, parent=1, at_s=4, **{"session.id": "s", "user.id": "u", "llmops.run.id": "r"}),
    call(8, trace=3, at_s=4, cost="x", attributes={"error.type": "E", "llmops.cache.hit": True}),
)


def test_every_stored_trace_gets_the_row_that_its_spans_make(tmp_path):
    url = f"sqlite:///{tmp_path}/old.db"
    engine = create_engine(url)
    with engine.connect() as connection, connection.begin():
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")
        for each in SPANS:
            row = (*list(vars(each).values())[:-1], json.dumps(each.attributes))
            connection.exec_driver_sql(f"INSERT INTO span VALUES ({', '.join('?' * 8)})", row)
    engine.dispose()
    store = Store.open(url)
    with store.read() as connection:
        rows = [dict(row) for row in connection.execute(select(trace)).mappings()]
    assert rows == fold(SPANS, {})
    store.close()
