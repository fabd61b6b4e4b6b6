"""What a budget is: how much, for what, in which time, and what happens at its end.

Days, weeks and months are those of UTC; a week begins on Monday. A budget is named after what it
is for and its period: ``workspace/day``, ``prompt:support/answer/month``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import ClassVar, Literal, NamedTuple, get_args

from llmops_magics.errors import UsageError
from llmops_magics.record import Record, format_time
from llmops_magics.redaction import redact

Period = Literal["day", "week", "month", "total"]
Action = Literal["warn", "block"]
WORKSPACE = "workspace"
KINDS = ("notebook", "prompt", "user")  # of which a scope names one: "prompt:support/answer"
MAX_WARNINGS = 10
MAX_USD = Decimal(1_000_000_000)
NANO = 1_000_000_000
_SCOPE_CHARACTERS = 250


class Window(NamedTuple):
    """A stretch of time: from ``start`` until ``end``; None where it has no end."""

    start: datetime
    end: datetime | None


@dataclass(frozen=True, kw_only=True)
class Budget(Record):
    """A limit in US dollars; ``warn`` are percentages of it, ascending."""

    kind: ClassVar[str] = "budget"

    scope: str
    period: Period
    limit_usd: Decimal
    warn: tuple[int, ...] = (80,)
    action: Action = "block"
    actor: str = ""
    set_at: str = ""

    @property
    def name(self) -> str:
        """What the budget is called."""
        return f"{self.scope}/{self.period}"

    @property
    def limit_nano(self) -> int:
        """The limit in billionths of a dollar."""
        return to_nano(self.limit_usd)


def check(budget: Budget) -> Budget:
    """Return a budget whose parts can be meant; raises ``UsageError``."""
    if budget.period not in get_args(Period):
        raise UsageError(f"{budget.period!r} is no period.", hint="Give day, week, month or total.")
    if budget.action not in get_args(Action):
        raise UsageError(f"{budget.action!r} is no action.", hint="Give warn or block.")
    if not budget.limit_usd.is_finite() or not 0 < budget.limit_usd <= MAX_USD:
        raise UsageError(
            f"a budget of {budget.limit_usd} US dollars cannot be.", hint="Give more than 0."
        )
    is_ascending = list(budget.warn) == sorted(set(budget.warn))
    if not is_ascending or any(not 0 < percent < 100 for percent in budget.warn):
        raise UsageError(
            f"warnings at {', '.join(map(str, budget.warn))} % cannot be.",
            hint="Give percentages between 1 and 99, such as 50,80.",
        )
    if len(budget.warn) > MAX_WARNINGS:
        raise UsageError(f"{len(budget.warn)} warnings are too many.", hint="Give at most 10.")
    check_scope(budget.scope)
    if redact(budget.scope) != budget.scope:
        raise UsageError(
            f"{redact(budget.scope)[:80]!r}: a name holds no secrets and no personal data.",
            hint="It is stored as it is; name users by an id, as their spans are masked too.",
        )
    return budget


def check_scope(scope: str) -> str:
    """Return a scope that can be meant; raises ``UsageError``."""
    kind, _, name = scope.partition(":")
    if scope != WORKSPACE and (kind not in KINDS or not name.strip()):
        raise UsageError(
            f"{scope[:80]!r} is nothing a budget can be for.",
            hint="Give workspace, notebook:NAME, prompt:NAME or user:NAME.",
        )
    if len(scope) > _SCOPE_CHARACTERS:
        raise UsageError(f"{scope[:40]!r}… is longer than {_SCOPE_CHARACTERS} characters.")
    return scope


def window_of(period: Period, at: datetime, since: str = "") -> Window:
    """Return the window that a moment is in; a total one begins when the budget was first set."""
    midnight = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if period == "day":
        return Window(midnight, midnight + timedelta(days=1))
    if period == "week":
        monday = midnight - timedelta(days=midnight.weekday())
        return Window(monday, monday + timedelta(days=7))
    if period == "month":
        first = midnight.replace(day=1)
        return Window(first, (first + timedelta(days=32)).replace(day=1))
    return Window(datetime.fromisoformat(since) if since else midnight, None)


def window_key(budget: Budget, at: datetime) -> str:
    """Return the key under which a budget's window is stored: its start, or "total"."""
    if budget.period == "total":
        return "total"
    return format_time(window_of(budget.period, at).start)


def to_nano(amount_usd: Decimal) -> int:
    """Return whole billionths of a dollar, rounded up."""
    return int((amount_usd * NANO).to_integral_value(ROUND_CEILING))


def from_nano(amount: int) -> Decimal:
    """Return US dollars."""
    return Decimal(amount) / NANO
