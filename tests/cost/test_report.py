from __future__ import annotations

import json
import time
from decimal import Decimal

import pytest
from sqlalchemy import event, insert, select, update

from llmops_magics.config.settings import Settings
from llmops_magics.cost.price import PriceBook
from llmops_magics.cost.report_reader import added_up
from llmops_magics.errors import UsageError
from llmops_magics.storage.table import call_period, span, trace
from llmops_magics.tracing.retention import prune
from llmops_magics.tracing.summary_table import store_spans
from llmops_magics.tracing.trace import Span
from llmops_magics.workbench.costs import Costs

NOW = time.time_ns()
DAY = 86_400 * 10**9


def attributes(**changes):
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "openai/gpt-4.1-mini",
        "gen_ai.usage.input_tokens": 2000,
        "gen_ai.usage.output_tokens": 250,
        "gen_ai.usage.cache_read.input_tokens": 0,
        "llmops.cost.usd": "0.0012",
        "llmops.prompt.ref": "geo/capital@3",
        "llmops.purpose": "generate",
        "user.id": "eve",
        "session.id": "s1",
    } | changes


CALLS = [
    (NOW, "ok", attributes()),
    (NOW, "ok", attributes(**{"llmops.prompt.ref": "geo/capital@4"})),
    (NOW - 3 * DAY, "ok", attributes(**{"llmops.cost.usd": None})),
    (NOW, "error", attributes(**{"llmops.cost.usd": None, "error.type": "RateLimitError"})),
    (NOW, "error", attributes(**{"llmops.cost.usd": None, "error.type": "CancelledError"})),
    (
        NOW,
        "ok",
        attributes(
            **{
                "llmops.cost.usd": "0",
                "llmops.cost.saved_usd": "0.0012",
                "llmops.cache.hit": True,
                "gen_ai.usage.input_tokens": None,
                "gen_ai.usage.output_tokens": None,
            }
        ),
    ),
    (NOW, "ok", attributes(**{"llmops.cost.usd": "broken", "gen_ai.usage.input_tokens": "many"})),
    (NOW, "ok", {"gen_ai.operation.name": "retrieval"}),
]


def fill(store):
    with store.write() as connection:
        for number, (started_ns, status, said) in enumerate(CALLS):
            kept = {name: value for name, value in said.items() if value is not None}
            connection.execute(
                insert(span).values(
                    trace_id=f"t{number}", span_id="s", name="chat", started_ns=started_ns,
                    duration_ms=5.0, status=status, attributes=kept,
                )
            )  # fmt: skip
        empty = dict.fromkeys(("models", "prompts", "runs", "sessions", "users", "failures"), "[]")
        counts = ("span_count", "call_count", "error_count", "unpriced_calls", "cached_calls")
        connection.execute(
            insert(trace).values(
                trace_id="t0", name="cell", started_ns=NOW, ended_ns=NOW, latency_ms=1.0,
                status="ok", input_tokens=1, output_tokens=1, cost_usd="0.0012",
                notebook="a.ipynb", **empty, **dict.fromkeys(counts, 1),
            )
        )  # fmt: skip


@pytest.fixture
def costs(store):
    fill(store)
    return Costs(lambda: store, PriceBook(), lambda: "ada")


def test_the_total_says_what_it_lacks(costs):
    report = costs.report()
    total = report.total
    # What was refused for certain costs nothing; a cancelled call may have been billed.
    assert (total.calls, total.cost_usd) == (7, Decimal("0.0024"))
    assert total.unpriced_calls == 3
    assert (total.cache_hits, total.saved_usd) == (1, Decimal("0.0012"))
    assert total.unknown_share == 3 / 7
    assert (report.stored_usd, report.is_repriced) == (total.cost_usd, False)


@pytest.mark.parametrize(
    ("by", "keys"),
    [
        ("model", ["openai/gpt-4.1-mini"]),
        ("prompt", ["geo/capital"]),
        ("version", ["geo/capital@3", "geo/capital@4"]),
        ("purpose", ["generate"]),
        ("user", ["eve"]),
        ("session", ["s1"]),
        ("notebook", ["", "a.ipynb"]),
    ],
)
def test_rows_are_what_was_asked_for(costs, by, keys):
    report = costs.report(by)
    assert sorted(row.key for row in report.rows) == keys
    assert sum(row.calls for row in report.rows) == 7
    assert sum((row.cost_usd for row in report.rows), Decimal(0)) == report.total.cost_usd


def test_days_are_in_order_and_since_counts(costs):
    assert [row.calls for row in costs.report("day").rows] == [1, 6]
    assert costs.report(since_ns=NOW - DAY).total.calls == 6
    with pytest.raises(UsageError, match="not kept by 'colour'"):
        costs.report("colour")


def test_history_is_priced_again(store, costs):
    report = costs.report(reprice=True)
    # five calls of 0.0012 (one cancelled with its tokens said), the broken one 250 x 1.60
    assert report.total.cost_usd == 5 * Decimal("0.0012") + Decimal("0.0004")
    assert report.stored_usd == Decimal("0.0024")
    own = {"openai/gpt-4.1-mini": [{"input_per_million_usd": 1, "output_per_million_usd": 0}]}
    book = PriceBook.of(Settings.model_validate({"prices": own}))
    assert Costs(lambda: store, book, str).report(reprice=True).total.cost_usd == Decimal("0.010")


def test_a_scope_counts_its_own(store, costs):
    def calls(kind, name):
        return sum(row.calls for row in added_up(store, "model", 0, scope=(kind, name)))

    assert (calls("prompt", "geo/capital"), calls("prompt", "geo")) == (7, 0)
    assert (calls("notebook", "a.ipynb"), calls("user", "eve"), calls("user", "x")) == (1, 7, 0)


def test_a_budget_begins_with_what_was_spent_today(costs):
    state = costs.set_budget(5, scope="prompt:geo/capital")
    assert state.spent_usd in (Decimal("0.0024"), 0)  # 0 in the first moments of a day
    assert [each.budget.name for each in costs.budgets().budgets] == ["prompt:geo/capital/day"]
    assert costs.budget("prompt:geo/capital/day").budget.limit_usd == 5
    assert costs.remove_budget("prompt:geo/capital/day").change == "removed"


def test_a_forecast_goes_on_at_the_pace_of_the_last_days(costs):
    foreseen = costs.report(with_forecast=True).forecast
    assert foreseen.per_day_usd == pytest.approx(Decimal("0.0008"), rel=Decimal("0.01"))
    assert foreseen.month_end_usd >= foreseen.month_usd
    assert 2.9 < foreseen.days < 3.1


def test_a_report_is_a_table_and_json(costs):
    report = costs.report("version")
    table = report.to_pandas()
    assert list(table.columns)[:2] == ["version", "cost_usd"]
    assert table["calls"].sum() == 7
    assert json.loads(json.dumps(report.to_dict()))["kind"] == "cost-report"


def test_an_empty_store_has_cost_nothing(store):
    report = Costs(lambda: store, PriceBook(), str).report(with_forecast=True, reprice=True)
    assert (report.total.calls, report.rows, report.forecast, report.since) == (0, (), None, "")


@pytest.mark.parametrize("by", ["model", "prompt", "version", "notebook", "day", "purpose"])
def test_totals_stay_as_they_were_when_traces_are_pruned(store, by):
    store_spans(store, [
        Span(
            trace_id=f"{number:032x}", span_id="b" * 16, parent_id=None, name="chat",
            started_ns=started_ns - 2 * DAY, duration_ms=5.0, status=status, attributes=said,
        )
        for number, (started_ns, status, said) in enumerate(CALLS)
    ])  # fmt: skip
    costs = Costs(lambda: store, PriceBook(), lambda: "ada")
    before = costs.report(by)
    assert prune(store, NOW, dry_run=False, actor="ada").spans == len(CALLS)
    after = costs.report(by)
    assert after.total.calls == 7
    assert (after.total, after.rows) == (before.total, before.rows)
    assert costs.report(by, reprice=True).total == before.total
    assert after.since == before.since[:10] + "T00:00:00.000000Z"
    assert costs.report(by, since_ns=NOW).total.calls == 0


def test_budgets_and_users_of_pruned_calls(store):
    test_totals_stay_as_they_were_when_traces_are_pruned(store, "model")
    assert [row.calls for row in added_up(store, "model", 0, scope=("prompt", "geo/capital"))] == [
        7
    ]
    assert added_up(store, "model", 0, scope=("prompt", "geo/other")) == []
    assert [row.key for row in added_up(store, "user", 0)] == [""]


@pytest.mark.parametrize("error", ["BudgetExceededError", "CostCapError"])
def test_what_was_never_sent_is_no_call(store, costs, error):
    refused = attributes(**{"error.type": error})
    for number, started_ns in enumerate((NOW, NOW - 3 * DAY)):
        store_spans(store, [
            Span(
                trace_id=f"{number:032x}", span_id="c" * 16, parent_id=None, name="chat",
                started_ns=started_ns, duration_ms=0.1, status="error", attributes=refused,
            )
        ])  # fmt: skip
    for _ in range(2):  # of the spans, and of what is kept of past days
        assert (costs.report().total.calls, costs.report("user").total.calls) == (7, 7)
    assert costs.report(reprice=True).total.calls == 7


@pytest.mark.parametrize("by", ["model", "prompt", "version", "notebook", "day", "purpose"])
def test_sums_of_past_days_say_what_their_spans_do(store, costs, by):
    def refuse_to_write(connection):
        connection.exec_driver_sql("PRAGMA query_only = 1")

    with store.write() as connection:
        connection.execute(update(span).values(started_ns=span.c.started_ns - 2 * DAY))
    event.listen(store.engine, "begin", refuse_to_write)
    of_spans = costs.report(by)
    event.remove(store.engine, "begin", refuse_to_write)
    store.engine.dispose()
    assert costs.report(by).rows == costs.report(by).rows == of_spans.rows
    with store.read() as connection:
        assert len(connection.execute(select(call_period.c.body)).scalars().all()) >= 2


def test_a_scope_counts_its_own_of_past_days_too(store, costs):
    with store.write() as connection:
        connection.execute(update(span).values(started_ns=span.c.started_ns - 2 * DAY))

    def calls(by, kind, name):
        return sum(row.calls for row in added_up(store, by, 0, scope=(kind, name)))

    for by in ("model", "version"):  # of the spans, and of what is kept
        found = [calls(by, "prompt", n) for n in ("geo/capital", "geo/capital@4", "geo")]
        assert found == [7, 1, 0]
    assert [calls("notebook", "notebook", n) for n in ("a.ipynb", "a")] == [1, 0]
