"""Budgets on a real PostgreSQL server: the same rules as on SQLite."""

from __future__ import annotations

import sys
import uuid
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from llmops_magics.errors import BudgetExceededError
from llmops_magics.models.chat import ChatResponse
from llmops_magics.storage.store import Store

sys.path.append(str(Path(__file__).parent.parent / "cost"))
from budget_calls import (
    COST,
    WORST,
    Wire,
    budgeted,
    call_many,
    check_many,
    registry,
    run_many,
    set_budget,
)

pytestmark = pytest.mark.xdist_group("postgresql")  # one server


@pytest.fixture
def address(postgresql):
    server = create_engine(postgresql, isolation_level="AUTOCOMMIT")
    name = f"test_{uuid.uuid4().hex}"
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield make_url(postgresql).set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


@pytest.fixture
def store(address, tmp_path):
    store = Store.open(address, str(tmp_path))
    yield store
    store.close()


def test_calls_are_counted_and_refused(store):
    set_budget(store, "0.004", warn=(10,))
    set_budget(store, "1", scope="prompt:geo/capital", period="month")
    with pytest.warns(UserWarning, match="over 10 %"):
        outcomes = call_many(budgeted(store, Wire(400))[1], 8)
    answered = [o for o in outcomes if isinstance(o, ChatResponse)]
    assert all(isinstance(o, ChatResponse | BudgetExceededError) for o in outcomes)
    for name in ("workspace/day", "prompt:geo/capital/month"):
        found = registry(store).show(name)
        assert (found.spent_usd, found.held_usd) == (len(answered) * COST, 0)
    assert Decimal("0.004") - registry(store).show("workspace/day").spent_usd < WORST
    assert registry(store).remove("workspace/day").change == "removed"


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_50_processes_never_overspend(store, address, tmp_path):
    limit = Decimal("0.10")
    set_budget(store, str(limit), warn=())
    said = run_many(address, str(tmp_path), processes=50, calls=5, at_once=1)
    assert sum(a + r for a, r, _, _ in said) == 250
    check_many(store, said, limit)
