"""What somebody asks of an eval, before it becomes plans: the options that every surface shares."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Literal, TypedDict, get_args

from llmops_magics.errors import UsageError
from llmops_magics.models.cache import CacheMode
from llmops_magics.record import in_gate

if TYPE_CHECKING:
    from llmops_magics.evals.estimate import EvalEstimate

AskedCache = Literal["", "off", "use", "refresh", "replay"]
Progress = Callable[[str, int, int], None]
"""Gets (prompt, samples done, all of them), in the caller's thread."""


class EvalOptions(TypedDict, total=False):
    """The keyword arguments of ``evaluate``; see ``EvalRequest``."""

    baseline: Any
    model: str
    settings: Mapping[str, Any]
    repeats: int
    concurrency: int
    aa: bool
    cache: AskedCache
    max_cost_usd: Decimal | float | str | None
    case_timeout_s: float | None
    run_timeout_s: float | None
    namespace: Mapping[str, Any] | None
    on_plan: Callable[[EvalEstimate], None] | None
    on_progress: Progress | None


@dataclass(frozen=True, kw_only=True)
class EvalRequest:
    """One target on one dataset, as asked for.

    ``target`` and ``baseline`` are prompt references or functions, ``data`` what a dataset is read
    from, ``settings`` stand in for the prompt's own. ``cache`` is "use", "refresh" (ask anew, keep
    the answers), "off" or "replay" (a missing answer is an error); "" is "use", and "refresh" in a
    gate, which is to measure what answers today. ``on_plan`` is shown the estimate before the
    first call and may raise.
    """

    target: Any
    data: Any
    scorers: Sequence[Any]
    baseline: Any = ""
    model: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    repeats: int = 1
    concurrency: int = 0
    aa: bool = False
    cache: AskedCache = ""
    max_cost_usd: Decimal | float | str | None = None
    case_timeout_s: float | None = None
    run_timeout_s: float | None = None
    namespace: Mapping[str, Any] | None = None
    on_plan: Callable[[EvalEstimate], None] | None = None
    on_progress: Progress | None = None

    def __post_init__(self) -> None:
        if self.repeats < 1 or self.concurrency < 0:
            raise UsageError("repeats must be 1 or more, and concurrency must not be negative.")
        if self.cache not in get_args(AskedCache):
            modes = ", ".join(get_args(CacheMode))
            raise UsageError(f"cache is {self.cache!r}.", hint=f"It may be {modes}.")
        for name in ("case_timeout_s", "run_timeout_s"):
            limit = getattr(self, name)
            if limit is not None and not 0 < limit < float("inf"):
                raise UsageError(f"{name} is {limit!r}; give seconds above 0.")

    @property
    def cache_mode(self) -> CacheMode:
        """The mode that is meant."""
        return self.cache or ("refresh" if in_gate() else "use")

    @property
    def cap_usd(self) -> Decimal | None:
        """The most that may be spent; raises ``UsageError`` for what is no amount."""
        if self.max_cost_usd is None:
            return None
        try:
            amount = Decimal(str(self.max_cost_usd))
        except InvalidOperation:
            amount = Decimal(-1)
        if not amount.is_finite() or amount < 0:
            raise UsageError(
                f"max_cost_usd is {self.max_cost_usd!r}.", hint="Give US dollars, such as 0.50."
            )
        return amount
