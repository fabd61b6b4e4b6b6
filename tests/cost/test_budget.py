from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from budget_calls import registry, set_budget

from llmops_magics.audit import trail
from llmops_magics.cost.budget import Budget, check, from_nano, to_nano, window_key, window_of
from llmops_magics.cost.budget_registry import Spent
from llmops_magics.cost.forecast import forecast
from llmops_magics.errors import UsageError

NOON = datetime(2026, 12, 30, 12, 30, tzinfo=UTC)  # a Wednesday


def budget(**terms):
    return Budget(**{"scope": "workspace", "period": "day", "limit_usd": Decimal(5), **terms})


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        ("day", "2026-12-30", "2026-12-31"),
        ("week", "2026-12-28", "2027-01-04"),
        ("month", "2026-12-01", "2027-01-01"),
    ],
)
def test_windows_begin_at_midnight(period, start, end):
    window = window_of(period, NOON)
    assert (window.start.isoformat()[:10], window.end.isoformat()[:10]) == (start, end)
    assert window_key(budget(period=period), NOON) == f"{start}T00:00:00.000000Z"


def test_a_total_never_ends():
    assert window_of("total", NOON).end is None
    assert window_key(budget(period="total"), NOON) == "total"


def test_money_is_counted_in_billionths_rounded_up():
    assert to_nano(Decimal("0.0000000001")) == 1
    assert from_nano(to_nano(Decimal("12.345678901"))) == Decimal("12.345678901")


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"limit_usd": Decimal(0)}, "cannot be"),
        ({"limit_usd": Decimal(-1)}, "cannot be"),
        ({"limit_usd": Decimal("NaN")}, "cannot be"),
        ({"limit_usd": Decimal(10) ** 12}, "cannot be"),
        ({"period": "year"}, "no period"),
        ({"action": "shout"}, "no action"),
        ({"warn": (80, 50)}, "cannot be"),
        ({"warn": (0,)}, "cannot be"),
        ({"warn": (100,)}, "cannot be"),
        ({"warn": tuple(range(1, 13))}, "too many"),
        ({"scope": "team:x"}, "nothing a budget can be for"),
        ({"scope": "prompt:"}, "nothing a budget can be for"),
        ({"scope": "prompt:" + "x" * 300}, "longer"),
    ],
)
def test_a_budget_that_cannot_be_meant_is_refused(terms, said):
    with pytest.raises(UsageError, match=said):
        check(budget(**terms))


def test_setting_again_changes_the_terms_and_keeps_the_count(store):
    set_budget(store, "5")
    state = set_budget(store, "7", warn=(50,), action="warn")
    assert (state.budget.limit_usd, state.budget.warn, state.budget.action) == (7, (50,), "warn")
    assert (state.change, state.budget.actor) == ("set", "ada")
    assert [each.budget.name for each in registry(store).list().budgets] == ["workspace/day"]
    with store.read() as connection:
        bodies = [e.body for e in trail.events(connection) if e.action == "budget.set"]
    assert bodies[0]["before"] is None
    assert [bodies[1]["before"]["limit_usd"], bodies[1]["after"]["limit_usd"]] == ["5", "7"]


def test_removing_is_audited_and_forgets_nothing(store):
    set_budget(store, "5")
    with store.write() as connection:
        connection.exec_driver_sql("UPDATE budget_window SET spent_nano = 3000000000, calls = 2")
    assert registry(store).remove("workspace/day").change == "removed"
    assert registry(store).list().budgets == ()
    assert set_budget(store, "5").spent_usd == 3
    with pytest.raises(UsageError, match=r"there is no budget 'a/day'.*workspace/day"):
        registry(store).show("a/day")


def test_a_window_begins_with_what_was_spent_before_the_budget_was_set(store):
    before = Spent(Decimal("1.5"), "2026-01-01T00:00:00.000000Z")
    made = registry(store, lambda scope, start: before).set(budget())
    assert (made.spent_usd, made.left_usd) == (Decimal("1.5"), Decimal("3.5"))
    again = registry(store, lambda scope, start: Spent(Decimal(9), "")).set(budget())
    assert again.spent_usd == Decimal("1.5")
    assert registry(store, lambda *_: before).set(budget(period="total")).spent_usd == 0


def foresee(hours, spent, held=0, limit=10):
    opened, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
    return forecast(
        limit_usd=Decimal(limit), spent_usd=Decimal(spent), held_usd=Decimal(held),
        opened=opened, now=opened.replace(hour=hours), end=end,
    )  # fmt: skip


def test_a_forecast_goes_on_at_the_pace_so_far():
    found = foresee(6, 3, held=1)  # 0.5 an hour; 4 + 18 x 0.5
    assert (found.per_hour_usd, found.at_end_usd) == (Decimal("0.5"), 13)
    assert found.breach_at == "2026-01-01T18:00:00.000000Z"  # 6 more at 0.5 an hour
    assert foresee(6, 2).breach_at == ""  # 8 at the end
    assert foresee(6, 11).breach_at == "2026-01-01T06:00:00.000000Z"
    assert foresee(0, 3) is None
    assert foresee(6, 0) is None


@pytest.mark.parametrize("name", ["ada@example.com", "sk-proj-a1B2a1B2a1B2a1B2a1B2a1B2"])
def test_a_name_that_may_not_be_written_is_refused(name):
    with pytest.raises(UsageError, match="no personal data") as caught:
        check(budget(scope=f"user:{name}"))
    assert name not in str(caught.value)
