"""What is said when a budget has no room for a call, and when it is soon used up."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from llmops_magics.cost.budget import Period, from_nano, window_of
from llmops_magics.cost.ledger import Crossing, Part, Refusal
from llmops_magics.errors import BudgetExceededError
from llmops_magics.record import format_time, utc_now


def exceeded(refusal: Refusal, amount_nano: int, advice: str) -> BudgetExceededError:
    """Return the error of a call that does not fit; ``advice`` is that of ``WorstCase``."""
    part = refusal.part
    left_nano = max(0, part.limit_nano - refusal.spent_nano - refusal.held_nano)
    limit, left, needed = map(_dollars, (part.limit_nano, left_nano, amount_nano))
    renews_at = renewal(part)
    when = f" It renews at {_minute(renews_at)}." if renews_at else ""
    return BudgetExceededError(
        f"the next call could cost ${needed}, and of the budget {part.budget} (${limit}) only "
        f"${left} is left.{when}",
        hint=f"Raise it with %llm_budget set{advice}: the worst case is what counts.",
        budget=part.budget,
        limit_usd=limit,
        left_usd=left,
        needed_usd=needed,
        renews_at=renews_at,
    )


def unpriced(part: Part, model: str) -> BudgetExceededError:
    """Return the error of a call of which nobody knows what it costs."""
    return BudgetExceededError(
        f"the price of {model} is unknown, so its calls cannot be held to the budget "
        f"{part.budget}.",
        hint=f'Give it one in llmops.toml under [prices."{model}"] (0 if it costs nothing), or set '
        "the budget with --action warn.",
        budget=part.budget,
        limit_usd=_dollars(part.limit_nano),
        renews_at=renewal(part),
    )


def warning_words(crossing: Crossing) -> str:
    """Return what is said once, when a threshold is passed."""
    part = crossing.part
    spent, limit = _dollars(crossing.spent_nano), _dollars(part.limit_nano)
    if crossing.percent < 100:
        return f"budget {part.budget}: ${spent} of ${limit} spent, over {crossing.percent} %"
    end = "further calls are refused" if part.blocks else "calls go on, for it only warns"
    return f"budget {part.budget}: ${spent} of ${limit} spent; {end}"


def renewal(part: Part) -> str:
    """Return when the window after this one begins; empty for a budget that never renews."""
    period: Period = part.budget.rpartition("/")[2]  # type: ignore[assignment]
    if part.window == "total":
        return ""
    end = window_of(period, datetime.fromisoformat(part.window)).end
    return "" if end is None or end < utc_now() else format_time(end)


def _dollars(amount_nano: int) -> str:
    places = Decimal("0.01") if amount_nano >= 10**9 else Decimal("0.000001")
    shown = from_nano(amount_nano).quantize(places)
    return format(shown if amount_nano >= 10**9 else shown.normalize(), "f")


def _minute(moment: str) -> str:
    return f"{moment[:10]} {moment[11:16]} UTC"
