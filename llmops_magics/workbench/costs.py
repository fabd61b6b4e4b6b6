"""What one does with costs and budgets, all in one place: ``workspace.costs``."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import reduce

from llmops_magics.cost.budget import Action, Budget, Period, check_scope
from llmops_magics.cost.budget_registry import BudgetList, BudgetRegistry, BudgetState, Spent
from llmops_magics.cost.notice import Notices
from llmops_magics.cost.price import PriceBook
from llmops_magics.cost.report import GROUPS, By, CostReport, CostRow, SpendForecast
from llmops_magics.cost.report_reader import added_up, first_start, priced_anew
from llmops_magics.cost.running import RunningTotals, Today
from llmops_magics.errors import UsageError
from llmops_magics.record import format_time, utc_now
from llmops_magics.storage.store import Store
from llmops_magics.tracing.trace import Trace

_DAY_NS = 86_400 * 10**9
_WEEK_NS = 7 * _DAY_NS
_SCOPES: dict[str, By] = {"prompt": "version", "notebook": "notebook"}  # what tells of a scope


class Costs:
    """Costs of a workspace: added up, priced anew, foreseen; and its budgets."""

    def __init__(
        self,
        store: Callable[[], Store],
        book: PriceBook,
        actor: Callable[[], str],
        *,
        flush: Callable[[], None] = lambda: None,
        on_change: Callable[[], None] = lambda: None,
        notices: Notices | None = None,
    ) -> None:
        self._store = store
        self._book = book
        self._actor = actor
        self._flush = flush
        self._on_change = on_change
        self._running = RunningTotals(store)
        self._notices = notices or Notices()

    def report(
        self,
        by: By = "model",
        *,
        since_ns: int = 0,
        reprice: bool = False,
        with_forecast: bool = False,
    ) -> CostReport:
        """Add up what calls have cost since a moment in Unix nanoseconds; 0: since ever."""
        if by not in GROUPS:
            raise UsageError(f"costs are not kept by {by!r}.", hint=f"Give {', '.join(GROUPS)}.")
        self._flush()
        store = self._store()
        rows = added_up(store, by, since_ns)
        stored = _total(rows).cost_usd
        if reprice:
            rows = priced_anew(store, by, since_ns, self._book)
        return CostReport(
            by=by,
            since=first_start(store, since_ns),
            until=format_time(utc_now()),
            total=_total(rows),
            rows=_ordered(by, rows),
            is_repriced=reprice,
            stored_usd=stored,
            forecast=self._forecast(store) if with_forecast else None,
        )

    def today(self, notebook: str, cell: Trace) -> Today | None:
        """Add a cell that has just ended, and return the totals of today (UTC)."""
        started_ns = min((span.started_ns for span in cell.spans), default=time.time_ns())
        return self._running.add(notebook, cell.totals.cost_usd, started_ns)

    def notices(self) -> tuple[str, ...]:
        """Return what budgets had to say since this was last asked."""
        return self._notices.take()

    def set_budget(
        self,
        limit_usd: Decimal | float | str,
        *,
        per: Period = "day",
        scope: str = "workspace",
        warn: tuple[int, ...] = (80,),
        action: Action = "block",
    ) -> BudgetState:
        """Set a budget, or change the one of the same scope and period."""
        budget = Budget(
            scope=scope, period=per, limit_usd=Decimal(str(limit_usd)), warn=warn, action=action
        )
        state = self._budgets.set(budget)
        self._on_change()
        return state

    def budgets(self) -> BudgetList:
        """Return every budget as it stands."""
        return self._budgets.list()

    def budget(self, name: str) -> BudgetState:
        """Return one budget, such as ``workspace/day``, as it stands."""
        return self._budgets.show(name)

    def remove_budget(self, name: str) -> BudgetState:
        """Remove a budget; what was spent stays known."""
        state = self._budgets.remove(name)
        self._on_change()
        return state

    @property
    def _budgets(self) -> BudgetRegistry:
        return BudgetRegistry(self._store(), self._actor, self._spent_since)

    def _spent_since(self, scope: str, start: datetime) -> Spent | None:
        """Add up what stored calls of a scope have cost; of a user only those that name one."""
        self._flush()
        store, since_ns = self._store(), round(start.timestamp() * 1e9)
        kind, _, name = check_scope(scope).partition(":")
        by = _SCOPES.get(kind, "model")
        total = _total(added_up(store, by, since_ns, scope=(kind, name) if name else None))
        if not total.calls:
            return None
        return Spent(total.cost_usd, first_start(store, since_ns))

    def _forecast(self, store: Store) -> SpendForecast | None:
        now, now_ns = utc_now(), time.time_ns()
        month = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        following = month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)
        this_month = _total(added_up(store, "model", round(month.timestamp() * 1e9)))
        recent = _total(added_up(store, "model", now_ns - _WEEK_NS))
        first = first_start(store, now_ns - _WEEK_NS)
        if not first or not recent.calls:
            return None
        began = datetime.fromisoformat(first).astimezone(UTC)
        days = min(7.0, max(1.0, (now - began).total_seconds() / 86_400))
        per_day = recent.cost_usd / Decimal(repr(days))
        left = Decimal(repr((following - now).total_seconds() / 86_400))
        return SpendForecast(
            month_usd=this_month.cost_usd,
            per_day_usd=per_day,
            days=days,
            month_end_usd=this_month.cost_usd + per_day * left,
        )


def _total(rows: list[CostRow]) -> CostRow:
    return reduce(CostRow.plus, rows, CostRow())


def _ordered(by: By, rows: list[CostRow]) -> tuple[CostRow, ...]:
    if by == "day":
        return tuple(sorted(rows, key=lambda row: row.key))
    return tuple(sorted(rows, key=lambda row: (-row.cost_usd, -row.calls, row.key)))
