"""A spending cap: no call is made that could pass it.

Before a call its worst case is reserved, and afterwards settled at what it cost. So no set of
calls at once can pass the limit together. A call that does not fit while others are under way
waits, for most of them cost less than was reserved; one that does not fit alone raises
``CostCapError``. Less than one worst case of the limit is left unspent.

What is guaranteed: with ``max_tokens`` or ``max_completion_tokens`` in a call's settings the limit
is never passed, given that the price table is right and the tokeniser is one of bytes. Without
either, the answer is taken to be at most twice the longest seen from that model, 4,096 tokens
before the first; a longer answer can pass the limit by its excess, and is shown in ``overrun_usd``.

A call of which nobody knows whether it was answered (cancelled, timed out, broken off, an answer
without usage) counts as its worst case.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import Decimal
from typing import Any

from llmops_magics.cost.price import PriceBook
from llmops_magics.cost.worst import DEFAULT_SECONDS, AnswerLengths, WorstCase
from llmops_magics.errors import CostCapError, ModelError
from llmops_magics.models.interceptor import Request, Response


class SpendingCap:
    """So many US dollars for the calls made while it is in force; for one event loop."""

    def __init__(self, limit_usd: Decimal) -> None:
        self.limit_usd = limit_usd
        self.spent_usd = Decimal(0)
        self.held_usd = Decimal(0)  # reserved by calls that are under way
        self.uncertain_usd = Decimal(0)  # of what is spent: worst cases of calls with no known cost
        self._waiting: deque[asyncio.Future[None]] = deque()
        self.lengths = AnswerLengths()

    @property
    def left_usd(self) -> Decimal:
        """What is neither spent nor reserved; never below 0."""
        return max(Decimal(0), self.limit_usd - self.spent_usd - self.held_usd)

    @property
    def overrun_usd(self) -> Decimal:
        """By how much the limit was passed: 0 unless an answer was longer than it could be."""
        return max(Decimal(0), self.spent_usd - self.limit_usd)

    async def reserve(self, worst_usd: Decimal, *, advice: str = "") -> None:
        """Reserve the worst case of one call, waiting for others to settle if need be.

        Raises ``CostCapError`` when it does not fit though no other call is under way, with
        ``advice``, words of ``WorstCase``.
        """
        while worst_usd and self.spent_usd + self.held_usd + worst_usd > self.limit_usd:
            if not self.held_usd:
                raise self._refusal(worst_usd, advice)
            place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(place)
            await place
        self.held_usd += worst_usd

    def settle(self, worst_usd: Decimal, cost_usd: Decimal | None) -> None:
        """Put what a call cost in place of what was reserved; None: nobody knows."""
        self.held_usd -= worst_usd
        self.spent_usd += worst_usd if cost_usd is None else cost_usd
        self.uncertain_usd += worst_usd if cost_usd is None else 0
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(None)

    def most_output(self, model: str, settings: Mapping[str, Any]) -> int:
        """Return how long an answer is taken to be at most, in tokens."""
        return self.lengths.most(model, settings)

    def note_output(self, model: str, tokens: int) -> None:
        """Remember the length of an answer."""
        self.lengths.note(model, tokens)

    def _refusal(self, worst_usd: Decimal, advice: str) -> CostCapError:
        return CostCapError(
            f"the next call could cost ${_text(worst_usd)}, and of ${_text(self.limit_usd)} only "
            f"${_text(self.left_usd)} is left.",
            hint=f"Raise --max-cost{advice}: the worst case is what counts.",
        )


_CAP: ContextVar[SpendingCap | None] = ContextVar("llmops_spending_cap", default=None)


@contextmanager
def capped(cap: SpendingCap | None) -> Iterator[SpendingCap | None]:
    """Put the calls of a block, and of the tasks it starts, under a cap; None: under none."""
    token = _CAP.set(cap)
    try:
        yield cap
    finally:
        _CAP.reset(token)


class CapInterceptor:
    """Holds each call to the cap in force.

    It stands inside the limits: each try is reserved on its own, when it has been let in, and one
    that may have been answered all the same is paid for. Inside it stands the pricing.
    """

    def __init__(self, book: PriceBook, *, timeout_s: float = DEFAULT_SECONDS) -> None:
        self._worst = WorstCase(book, timeout_s=timeout_s)

    async def intercept(
        self, request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        """Reserve, make the call, settle. Raises ``CostCapError`` before a call without a price."""
        cap = _CAP.get()
        if cap is None:
            return await call_next(request)
        worst_usd = self._worst_of(request, cap)
        await cap.reserve(worst_usd, advice=self._worst.advice(request))
        cost_usd: Decimal | None = None
        try:
            response = await call_next(request)
            cost_usd = _cost(response)
            if response.usage is not None:
                cap.note_output(request.model, response.usage.output_tokens)
        except ModelError as error:
            cost_usd = None if error.may_be_billed else Decimal(0)
            raise
        finally:
            cap.settle(worst_usd, cost_usd)
        return response

    def _worst_of(self, request: Request, cap: SpendingCap) -> Decimal:
        worst_usd = self._worst.of(request, cap.lengths)
        if worst_usd is None:
            raise CostCapError(
                f"the price of {request.model} is unknown, so its calls cannot be held to a "
                "spending limit.",
                hint="Run it without --max-cost, or use a model with a known price.",
            )
        return worst_usd


def _cost(response: Response) -> Decimal | None:
    return None if response.cost_usd is None else Decimal(response.cost_usd)


def _text(amount: Decimal) -> str:
    return format(amount.quantize(Decimal("0.000001")).normalize(), "f")
