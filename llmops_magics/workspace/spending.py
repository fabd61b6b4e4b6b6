"""What calls cost, and what they may: prices, budgets, and the report of both."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from llmops_magics.audit.actor import current_actor
from llmops_magics.workspace.foundation import Foundation

if TYPE_CHECKING:
    from llmops_magics.cost.budget_interceptor import BudgetInterceptor
    from llmops_magics.cost.cap import CapInterceptor
    from llmops_magics.cost.interceptor import PricingInterceptor
    from llmops_magics.cost.notice import Notices
    from llmops_magics.cost.price import PriceBook
    from llmops_magics.workbench.costs import Costs


class Spending:
    """Each part is made when it is first asked for; ``flush`` writes spans that have ended."""

    def __init__(self, base: Foundation, flush: Callable[[], None]) -> None:
        self._base = base
        self._flush = flush

    @cached_property
    def prices(self) -> PriceBook:
        """The price tables: those of ``llmops.toml`` before the installed one."""
        from llmops_magics.cost.price import PriceBook

        return PriceBook.of(self._base.settings)

    @cached_property
    def pricing(self) -> PricingInterceptor:
        """Puts the price on each answer."""
        from llmops_magics.cost.interceptor import PricingInterceptor

        return PricingInterceptor(self.prices)

    @property
    def cap(self) -> CapInterceptor:
        """Keeps an eval to the limit that it was given."""
        from llmops_magics.cost.cap import CapInterceptor

        return CapInterceptor(self.prices, timeout_s=self._base.settings.models.timeout_s)

    @cached_property
    def budgeting(self) -> BudgetInterceptor:
        """Keeps calls to the budgets."""
        from llmops_magics.cost.budget_interceptor import BudgetInterceptor
        from llmops_magics.cost.worst import WorstCase

        timeout_s = self._base.settings.models.timeout_s
        worst = WorstCase(self.prices, timeout_s=timeout_s)
        return BudgetInterceptor(
            self._base.open_store, worst, timeout_s=timeout_s, notices=self.notices
        )

    @cached_property
    def notices(self) -> Notices:
        """What budgets had to say since the last cell."""
        from llmops_magics.cost.notice import Notices

        return Notices()

    @cached_property
    def costs(self) -> Costs:
        """What calls have cost, and the budgets."""
        from llmops_magics.workbench.costs import Costs

        return Costs(
            self._base.open_store,
            self.prices,
            current_actor,
            flush=self._flush,
            on_change=self._forget,
            notices=self.notices,
        )

    def _forget(self) -> None:
        """Have a changed budget read again, where budgets were read at all."""
        if "budgeting" in self.__dict__:
            self.budgeting.book.forget()
