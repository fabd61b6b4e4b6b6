"""The plan of an eval, shown before its first request, and whether to ask before it is paid for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from llmops_magics.cost.price import PriceBook
from llmops_magics.evals.earlier import NOTHING_EARLIER, find_earlier
from llmops_magics.evals.planned_run import PlannedRun, Planning
from llmops_magics.evals.sensitivity import Sensitivity, sensitivities
from llmops_magics.prompts.image import NO_FILES, ImageReader
from llmops_magics.record import Record, to_jsonable

if TYPE_CHECKING:
    import pandas as pd

    from llmops_magics.config.routing import RouterSettings
    from llmops_magics.evals.plan import EvalPlan
    from llmops_magics.storage.store import Store

ASK_ABOVE_USD = 1.0
ASK_ABOVE_UNPRICED_CALLS = 1_000  # with no price known, the number of calls is all there is


@dataclass(frozen=True, kw_only=True)
class EvalEstimate(Record):
    """The plan of one or several runs on the same cases."""

    kind: ClassVar[str] = "eval-estimate"

    dataset: str
    cases: int
    repeats: int
    scorers: tuple[str, ...]
    judge_model: str  # "" where no scorer asks a judge
    runs: tuple[PlannedRun, ...]
    sensitivity: tuple[Sensitivity, ...] = ()

    @property
    def calls(self) -> int:
        """All answers, stored ones among them."""
        return sum(run.calls for run in self.runs)

    @property
    def cached(self) -> int:
        """How many of them are stored."""
        return sum(run.cached or 0 for run in self.runs)

    @property
    def judge_calls(self) -> int:
        """How often a judge is asked at most."""
        return sum(run.judge_calls for run in self.runs)

    @property
    def input_tokens(self) -> float | None:
        """Of all runs; None while that of one is unknown."""
        return _total(run.input_tokens.value for run in self.runs)

    @property
    def output_tokens(self) -> float | None:
        """Of all runs; None while that of one is unknown."""
        return _total(run.output_tokens.value for run in self.runs)

    @property
    def seconds(self) -> float | None:
        """Of all runs, one after the other; None while that of one is unknown."""
        return _total(run.seconds.value for run in self.runs)

    @property
    def cost_usd(self) -> Decimal | None:
        """Of all runs; None while that of one is unknown."""
        costs = [run.cost_usd for run in self.runs]
        return sum((c for c in costs if c is not None), Decimal(0)) if None not in costs else None

    @property
    def floor_usd(self) -> Decimal:
        """The part of the cost that is known."""
        return sum((run.floor_usd for run in self.runs), Decimal(0))

    @property
    def ceiling_usd(self) -> Decimal:
        """What it comes to with long answers, unpriced calls left out."""
        return sum((run.ceiling_usd for run in self.runs), Decimal(0))

    @property
    def unpriced_calls(self) -> int:
        """How many calls have no known price."""
        return sum(run.unpriced_calls for run in self.runs)

    def to_dict(self) -> dict[str, Any]:
        """Return the plan with its totals."""
        totals = ("calls", "cached", "judge_calls", "input_tokens", "output_tokens", "cost_usd")
        more = ("floor_usd", "ceiling_usd", "unpriced_calls", "seconds")
        found = {name: to_jsonable(getattr(self, name)) for name in (*totals, *more)}
        return {**super().to_dict(), **found}

    def to_pandas(self) -> pd.DataFrame:
        """One row a run: calls, tokens, dollars and seconds; None is unknown."""
        import pandas as pd

        return pd.DataFrame(
            {
                "target": run.target,
                "model": run.model,
                "calls": run.calls,
                "cached": run.cached,
                "judge_calls": run.judge_calls,
                "input_tokens": run.input_tokens.value,
                "output_tokens": run.output_tokens.value,
                "cost_usd": run.cost_usd,
                "seconds": run.seconds.value,
            }
            for run in self.runs
        )


def estimate(
    plans: Sequence[EvalPlan],
    *,
    store: Store | None = None,
    aa: bool = False,
    is_cached: Callable[[EvalPlan], int | None] | None = None,
    judge_model: str = "",
    prices: PriceBook | None = None,
    images: ImageReader = NO_FILES,
    routers: Mapping[str, RouterSettings] | None = None,
) -> EvalEstimate:
    """Estimate plans on the same cases with the same scorers; of several, the last is the baseline.

    ``store`` is where earlier runs are looked for, ``is_cached`` says how many answers of a plan
    are stored; with ``aa`` the last plan is run once more. ``routers`` are priced by the dearest
    model that each may end at. Makes no request.
    """
    first, last, book = plans[0], plans[-1], prices or PriceBook()
    found = [find_earlier(store, plan) if store else NOTHING_EARLIER for plan in plans]
    work = [
        (plan, known, plan.baseline is not None or plan is not last)
        for plan, known in zip(plans, found, strict=True)
    ]
    if aa:
        second = replace(last, first_repeat=last.first_repeat + last.repeats)
        work.append((second, found[-1], False))
    runs = [
        Planning(plan, known, book, images, judge_model, has_baseline, routers or {}).run(
            is_cached(plan) if is_cached else None
        )
        for plan, known, has_baseline in work
    ]
    return EvalEstimate(
        dataset=first.dataset.ref if first.dataset.number else first.dataset.name,
        cases=len(first.dataset.cases),
        repeats=first.repeats,
        scorers=tuple(scorer.name for scorer in first.scorers),
        judge_model=judge_model if any(run.judge_calls for run in runs) else "",
        runs=tuple(runs),
        sensitivity=sensitivities(first, found[0]),
    )


def reason_to_ask(
    planned: EvalEstimate, *, above_usd: float, max_cost_usd: Decimal | None = None
) -> str:
    """Return why one should ask before the first request, "" where there is no need.

    There is none with ``max_cost_usd``: how much may be spent is said then. A cost that is not
    known counts as what it comes to with long answers; calls without a known price by their number.
    """
    if max_cost_usd is not None:
        return ""
    cost = planned.cost_usd
    if cost is not None:
        return f"It may cost {_dollars(cost)}." if cost > above_usd else ""
    if planned.ceiling_usd > above_usd:
        return f"It may cost up to {_dollars(planned.ceiling_usd)}, if answers are long."
    if planned.unpriced_calls > ASK_ABOVE_UNPRICED_CALLS:
        return f"{planned.unpriced_calls:,} of its calls have no known price."
    return ""


def _dollars(amount: Decimal) -> str:
    return f"${amount:,.2f}" if amount >= Decimal("0.01") else f"${amount:.2g}"


def _total(values: Iterable[float | None]) -> float | None:
    total = 0.0
    for value in values:
        if value is None:
            return None
        total += value
    return total
