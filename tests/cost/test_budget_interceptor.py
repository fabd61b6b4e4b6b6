from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import warnings
from dataclasses import replace
from decimal import Decimal

import pytest
from budget_calls import (
    COST,
    REQUEST,
    WORST,
    Wire,
    budgeted,
    call_many,
    check_many,
    registry,
    run_many,
    set_budget,
)

from llmops_magics.audit import trail
from llmops_magics.cost import budget_interceptor, ledger
from llmops_magics.cost.ledger import Ledger, Part
from llmops_magics.cost.notice import BudgetWarning, Notices
from llmops_magics.errors import (
    BudgetExceededError,
    CostCapError,
    EndpointError,
    ModelTimeoutError,
    StoreError,
)
from llmops_magics.models.chat import ChatResponse
from llmops_magics.record import utc_now
from llmops_magics.tracing.session import session


def quietly(call, count=1, request=REQUEST):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BudgetWarning)
        return call_many(call, count, request)


def state(store, name="workspace/day"):
    return registry(store).show(name)


def actions(store):
    with store.read() as connection:
        return [(e.action, e.resource) for e in trail.events(connection)]


def test_without_a_budget_calls_just_pass(store):
    budgets, call = budgeted(store, Wire())
    [answer] = call_many(call, 1)
    assert answer.cost_usd == str(WORST)
    assert budgets.book.due(REQUEST) == ()


def test_what_calls_cost_is_counted_exactly(store):
    set_budget(store, "1")
    set_budget(store, "2", period="total")
    call_many(budgeted(store, Wire(400))[1], 7)
    for name in ("workspace/day", "workspace/total"):
        found = state(store, name)
        assert (found.spent_usd, found.held_usd, found.calls) == (7 * COST, 0, 7)
        assert found.left_usd == found.budget.limit_usd - 7 * COST


@pytest.mark.parametrize("output_tokens", [1000, 400, 1])
def test_the_limit_is_never_passed_by_many_at_once(store, output_tokens):
    set_budget(store, "0.02")
    wire = Wire(output_tokens)
    outcomes = quietly(budgeted(store, wire)[1], 60)
    found = state(store)
    assert found.spent_usd <= Decimal("0.02")
    assert found.held_usd == 0
    refused = [o for o in outcomes if isinstance(o, BudgetExceededError)]
    assert len(refused) + wire.calls == 60
    if refused:  # and no more is left than one worst case
        assert found.left_usd < WORST


def test_a_call_that_does_not_fit_yet_waits_for_others_to_settle(store):
    set_budget(store, "0.004")  # two worst cases, many real ones
    outcomes = quietly(budgeted(store, Wire(1))[1], 12)
    assert [type(o) for o in outcomes] == [ChatResponse] * 12


def test_a_call_that_does_not_fit_is_refused_before_it_is_made(store):
    set_budget(store, "0.001", period="month")
    wire = Wire()
    [error] = call_many(budgeted(store, wire)[1], 1)
    assert isinstance(error, BudgetExceededError)
    assert isinstance(error, CostCapError)  # so that evals stop
    assert "could cost $0.001702, and of the budget workspace/month ($0.001)" in error.message
    assert (error.budget, error.limit_usd, error.left_usd) == ("workspace/month", "0.001", "0.001")
    assert error.needed_usd == "0.001702"
    assert error.renews_at.endswith("-01T00:00:00.000000Z")
    assert error.renews_at[:16].replace("T", " ") in error.message
    assert wire.calls == 0
    assert ("budget.breach", "workspace/month") in actions(store)


def test_a_breach_is_noted_once_a_window(store):
    set_budget(store, "0.001")
    call_many(budgeted(store, Wire())[1], 3)
    assert [a for a, _ in actions(store)] == ["budget.set", "budget.breach"]
    assert state(store).breached_at


def test_all_budgets_of_a_call_are_held_or_none(store):
    set_budget(store, "1")
    set_budget(store, "0.001", scope="prompt:geo/capital")
    wire = Wire()
    [error] = call_many(budgeted(store, wire)[1], 1)
    assert error.budget == "prompt:geo/capital/day"
    assert (state(store).held_usd, state(store).spent_usd, wire.calls) == (0, 0, 0)


@pytest.mark.parametrize(
    ("scope", "is_counted"),
    [
        ("workspace", True),
        ("prompt:geo/capital", True),
        ("prompt:geo", False),
        ("user:eve", True),
        ("user:ada", False),
        ("notebook:a.ipynb", True),
        ("notebook:b.ipynb", False),
    ],
)
def test_a_budget_counts_its_own_calls(store, scope, is_counted):
    set_budget(store, "1", scope=scope)
    request = replace(REQUEST, attributes={"user.id": "eve", "llmops.notebook": "a.ipynb"})
    call_many(budgeted(store, Wire(400))[1], 1, request)
    assert state(store, f"{scope}/day").calls == is_counted


def test_a_budget_counts_the_user_of_the_session_around(store):
    set_budget(store, "1", scope="user:eve")
    _, call = budgeted(store, Wire(400))
    with session(user="eve"):
        call_many(call, 1)
    call_many(call, 1)
    assert state(store, "user:eve/day").calls == 1


def test_one_that_only_warns_lets_calls_pass(store):
    set_budget(store, "0.001", action="warn")
    notices = Notices()
    with pytest.warns(BudgetWarning, match="it only warns"):
        [answer] = call_many(budgeted(store, Wire(), notices=notices)[1], 1)
    assert isinstance(answer, ChatResponse)
    assert state(store).spent_usd == WORST
    assert len(notices.take()) == 1
    assert notices.take() == ()


def test_each_threshold_is_said_once(store):
    set_budget(store, str(4 * COST), warn=(50, 80))
    notices = Notices()
    _, call = budgeted(store, Wire(400), notices=notices)
    request = replace(REQUEST, settings={"max_tokens": 400})
    for _ in range(4):
        quietly(call, 1, request)
    said = notices.take()
    assert [words.rpartition("; ")[2].rpartition(", ")[2] for words in said] == [
        "over 50 %",
        "further calls are refused",
    ]
    set_budget(store, str(4 * COST), warn=(50, 80))  # set anew, in the same window
    quietly(call, 1, request)
    assert notices.take() == ()


@pytest.mark.parametrize(
    ("error", "spent"),
    [
        (EndpointError("failed with status 500."), 0),
        (ModelTimeoutError("late.", may_be_billed=True), WORST),
        (ValueError("a bug"), WORST),
    ],
)
def test_a_failed_call_counts_if_it_may_be_billed(store, error, spent):
    set_budget(store, "1")
    call_many(budgeted(store, Wire(error=error))[1], 1)
    found = state(store)
    assert (found.spent_usd, found.estimated_usd, found.held_usd) == (spent, spent, 0)


def test_an_answer_without_usage_counts_as_its_worst_case(store):
    set_budget(store, "1")
    call_many(budgeted(store, Wire(usage=False))[1], 1)
    assert state(store).estimated_usd == state(store).spent_usd == WORST


def test_a_cancelled_call_counts_as_its_worst_case(store):
    set_budget(store, "1")
    _, call = budgeted(store, Wire(delay_s=5))

    async def work():
        await asyncio.wait_for(call(REQUEST), 0.2)

    with pytest.raises(TimeoutError):
        asyncio.run(work())
    assert (state(store).spent_usd, state(store).held_usd) == (WORST, 0)


def test_an_unknown_price_is_refused_by_one_that_blocks_only(store):
    unknown = replace(REQUEST, model="lab/m")
    set_budget(store, "1")
    _, call = budgeted(store, Wire())
    [error] = call_many(call, 1, unknown)
    assert isinstance(error, BudgetExceededError)
    assert "the price of lab/m is unknown" in error.message
    assert '[prices."lab/m"]' in error.hint
    set_budget(store, "1", action="warn")
    [answer] = call_many(budgeted(store, Wire())[1], 1, unknown)
    assert answer.cost_usd is None
    assert (state(store).unpriced_calls, state(store).spent_usd) == (1, 0)


def test_the_embedded_model_runs_under_any_budget(store):
    set_budget(store, "0.000001")
    local = replace(REQUEST, model="local/smollm2-135m")
    [answer] = call_many(budgeted(store, Wire())[1], 1, local)
    assert (answer.cost_usd, state(store).calls) == ("0", 0)


def part(store):
    budgets, _ = budgeted(store, Wire())
    return budgets.book.due(REQUEST)[0]


def test_a_hold_of_a_killed_process_is_freed(store):
    set_budget(store, "0.002")
    code = (
        "import sys; from llmops_magics.storage.store import Store;"
        "from llmops_magics.cost.ledger import Ledger, Part;"
        "part = Part(sys.argv[2], sys.argv[3], True, 0, ());"
        "print(Ledger(Store.open(sys.argv[1])).reserve('x', [part], 1_900_000, 900.0, 1000))"
    )
    mine = part(store)
    words = [sys.executable, "-c", code, str(store.engine.url), mine.budget, mine.window]
    assert subprocess.run(words, capture_output=True, text=True, check=True).stdout == "None\n"
    with store.read() as connection:
        held = connection.exec_driver_sql("SELECT held_nano FROM budget_window").scalar()
    assert held == 1_900_000
    [answer] = quietly(budgeted(store, Wire(400))[1])
    assert isinstance(answer, ChatResponse)
    assert (state(store).held_usd, state(store).lapsed_usd) == (0, Decimal("0.0019"))


def test_a_hold_that_is_overdue_is_freed_and_may_still_be_settled(store):
    set_budget(store, "0.002")
    mine, counts = part(store), Ledger(store)
    held = ledger.Reservation(hold_id="slow", parts=(mine,), amount_nano=1_900_000)
    assert counts.reserve("slow", [mine], 1_900_000, -1.0, 1000) is None
    assert counts.sweep(mine.budget) == 1
    assert counts.sweep(mine.budget) == 0
    counts.settle(held, 700_000)
    found = state(store)
    amounts = (found.spent_usd, found.held_usd, found.lapsed_usd)
    assert amounts == (Decimal("0.0007"), 0, 0)


def test_a_window_has_its_own_count(store):
    set_budget(store, "0.002")
    old, counts = part(store)._replace(window="2020-01-01T00:00:00.000000Z"), Ledger(store)
    assert counts.reserve("old", [old], 2_000_000, 60.0, 1000) is None
    assert counts.reserve("new", [part(store)], 2_000_000, 60.0, 1000) is None
    assert counts.reserve("more", [part(store)], 1, 60.0, 1000) is not None
    assert [each.start[:10] for each in state(store).past] == ["2020-01-01"]


def test_a_budget_removed_in_between_stops_nobody(store):
    set_budget(store, "0.002")
    _, call = budgeted(store, Wire())
    call_many(call, 1)
    registry(store).remove("workspace/day")
    assert [type(o) for o in call_many(call, 3)] == [ChatResponse] * 3


def test_a_store_that_cannot_be_written(store, tmp_path, monkeypatch):
    monkeypatch.setattr(ledger, "BUSY_TIMEOUT_MS", 50)
    monkeypatch.setattr(budget_interceptor, "BUSY_TIMEOUT_MS", 50)
    set_budget(store, "1")
    _, blocked = budgeted(store, Wire())
    with store.write():
        [error] = call_many(blocked, 1)
    assert isinstance(error, StoreError)
    set_budget(store, "1", action="warn")
    _, warned = budgeted(store, Wire())
    with store.write(), pytest.warns(RuntimeWarning, match="not counted"):
        answers = call_many(warned, 2)
    assert [type(a) for a in answers] == [ChatResponse] * 2


def test_what_could_not_be_settled_is_settled_with_the_next_call(store, monkeypatch):
    monkeypatch.setattr(budget_interceptor, "BUSY_TIMEOUT_MS", 50)
    set_budget(store, "1")
    other = sqlite3.connect(store.engine.url.database, isolation_level=None)

    class Held(Wire):
        async def __call__(self, request):
            if self.calls == 0:  # another process takes hold of the store meanwhile
                other.execute("BEGIN IMMEDIATE")
            return await super().__call__(request)

    _, call = budgeted(store, Held(400))
    with pytest.warns(RuntimeWarning, match="not counted"):
        [answer] = call_many(call, 1)
    assert isinstance(answer, ChatResponse)
    other.rollback()
    other.close()
    assert state(store).held_usd == WORST
    call_many(call, 1)
    assert (state(store).held_usd, state(store).spent_usd) == (0, 2 * COST)


def test_a_fork_is_another_owner(store, in_child):
    from llmops_magics.cost.owner import current_owner, is_gone

    mine = current_owner()
    assert not is_gone(mine)
    assert is_gone(mine.rpartition("|")[0] + "|1.00")
    assert not is_gone("elsewhere pid:[1]|1|1.00")
    assert in_child(lambda: current_owner() != mine)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_50_processes_never_overspend(store, tmp_path):
    limit = Decimal("0.10")  # about a third of what they want
    set_budget(store, str(limit))
    said = run_many(str(store.engine.url), str(tmp_path), processes=50, calls=8, at_once=8)
    assert sum(a + r for a, r, _, _ in said) == 400
    check_many(store, said, limit)


def test_a_part_is_that_of_now(store):
    set_budget(store, "1", period="week")
    assert isinstance(part(store), Part)
    assert part(store).window <= utc_now().isoformat()


def test_a_limit_that_is_raised_is_breached_no_more(store):
    set_budget(store, "0.001")
    quietly(budgeted(store, Wire())[1])
    assert state(store).breached_at
    set_budget(store, "0.0009")  # lower: what was refused still is
    assert state(store).breached_at
    set_budget(store, "1")
    assert state(store).breached_at == ""
    assert ("budget.breach", "workspace/day") in actions(store)
