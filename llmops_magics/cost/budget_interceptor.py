"""Hold every call to the budgets it is under.

It stands beside the spending cap, inside the limits: each try is reserved on its own. An answer
from the cache never comes here, so it costs a budget nothing.

What is guaranteed of a blocking budget: calls of this client, in any number of processes, never
pass it, under the terms of ``cost.worst``. A call that does not fit only because of others under
way waits for them; one that does not fit alone raises ``BudgetExceededError``. So does a call of a
model whose price is unknown: nobody could say that it fits (a budget that only warns lets it pass,
and counts it). A call that may have been answered without anybody knowing what it cost counts as
its worst case, shown as estimated. If the store cannot be written, a blocking budget lets no call
pass; with one that only warns calls go on, after a warning once.

Not counted: calls that other code makes past this client.
"""

from __future__ import annotations

import asyncio
import random
import time
import warnings
from collections.abc import Awaitable, Callable
from decimal import Decimal
from functools import partial
from typing import TypeVar
from uuid import uuid4

from llmops_magics.audit.actor import current_actor
from llmops_magics.cost.budget import from_nano, to_nano
from llmops_magics.cost.budget_book import BudgetBook
from llmops_magics.cost.ledger import Crossing, Ledger, Part, Refusal, Reservation
from llmops_magics.cost.notice import Notices
from llmops_magics.cost.refusal import exceeded, unpriced, warning_words
from llmops_magics.cost.worst import AnswerLengths, WorstCase
from llmops_magics.errors import BudgetExceededError, ModelError, StoreError
from llmops_magics.models.interceptor import Request, Response
from llmops_magics.storage.fork import renew_in_child
from llmops_magics.storage.store import BUSY_TIMEOUT_MS, Store

T = TypeVar("T")
QUICK_WAIT_MS = 2  # on the event loop; whoever is held up longer goes to a thread
MARGIN_S = 60.0  # how long a hold outlives the longest try
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.01, 0.5
SWEEP_EVERY_S = 2.0


class BudgetInterceptor:
    """Reserves the worst case of a call, makes it, and settles at what it cost."""

    def __init__(
        self,
        open_store: Callable[[], Store],
        worst: WorstCase,
        *,
        timeout_s: float,
        notices: Notices | None = None,
    ) -> None:
        self.book = BudgetBook(open_store)
        self._open_store = open_store
        self._worst = worst
        self._timeout_s = timeout_s
        self._notices = notices or Notices()
        self._lengths = AnswerLengths()
        self._complained = False
        self.renew()
        renew_in_child(self)

    def renew(self) -> None:
        """Begin with nothing to settle: what the parent of a fork holds, it will settle."""
        self._unsettled: list[tuple[Reservation, int | None]] = []

    async def intercept(
        self, request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        """Reserve, make the call, settle. Raises ``BudgetExceededError``."""
        parts = self.book.due(request)
        if not parts:
            return await call_next(request)
        held = await self._reserve(request, parts)
        if held is None:
            return await call_next(request)
        cost: Decimal | None = None
        try:
            response = await call_next(request)
            cost = None if response.cost_usd is None else Decimal(response.cost_usd)
            if response.usage is not None:
                self._lengths.note(request.model, response.usage.output_tokens)
        except ModelError as error:
            cost = None if error.may_be_billed else Decimal(0)
            raise
        finally:
            await self._settle(held, None if cost is None else to_nano(cost))
        return response

    async def _reserve(self, request: Request, parts: tuple[Part, ...]) -> Reservation | None:
        """Return what is held; None for a call that costs nothing, or cannot be counted."""
        worst_usd = self._worst.of(request, self._lengths)
        hold_id = uuid4().hex
        if worst_usd is None:
            blocking = next((part for part in parts if part.blocks), None)
            if blocking is not None:
                raise unpriced(blocking, request.model)
            return Reservation(hold_id=hold_id, parts=parts, amount_nano=None)
        if not worst_usd:
            return None
        held = Reservation(hold_id=hold_id, parts=parts, amount_nano=to_nano(worst_usd))
        try:
            await self._hold(held, request)
        except StoreError as error:
            if any(part.blocks for part in parts):
                raise
            self._complain(error)
            return None
        return held

    async def _hold(self, held: Reservation, request: Request) -> None:
        """Wait until the call fits, or can never."""
        amount, pause = held.amount_nano or 0, FIRST_PAUSE_S
        ledger = Ledger(self._open_store())
        ttl_s = (request.timeout_s or self._timeout_s) + MARGIN_S
        give_up_at, sweep_at = time.monotonic() + ttl_s, 0.0
        while True:
            work = partial(ledger.reserve, held.hold_id, held.parts, amount, ttl_s)
            refusal = await self._do(ledger, work, undo=partial(ledger.release, held))
            if refusal is None:
                return
            is_hopeless = refusal.spent_nano + amount > refusal.part.limit_nano
            now = time.monotonic()
            if not is_hopeless and now >= sweep_at:
                sweep_at = now + SWEEP_EVERY_S
                if await asyncio.to_thread(ledger.sweep, refusal.part.budget):
                    continue
            if is_hopeless or now >= give_up_at:
                raise await self._refuse(ledger, refusal, amount, self._worst.advice(request))
            await asyncio.sleep(pause * (0.5 + random.random()))  # noqa: S311 -- only spreads
            pause = min(pause * 1.5, LONGEST_PAUSE_S)

    async def _do(
        self, ledger: Ledger, work: Callable[[int], T], *, undo: Callable[[], None] | None = None
    ) -> T:
        """Do what takes microseconds here and now, unless another writer is in the way."""
        if ledger.is_near:
            try:
                return work(QUICK_WAIT_MS)
            except StoreError:  # in a thread it is given time, and says so if it still cannot
                pass
        waiting = asyncio.ensure_future(asyncio.to_thread(work, BUSY_TIMEOUT_MS))
        try:
            return await asyncio.shield(waiting)
        except asyncio.CancelledError:
            if undo is not None:
                await asyncio.wait([waiting])
                await asyncio.to_thread(undo)
            raise

    async def _settle(self, held: Reservation, cost_nano: int | None) -> None:
        self._unsettled.append((held, cost_nano))
        ledger = Ledger(self._open_store())
        while self._unsettled:
            due = self._unsettled.pop()
            try:
                crossed = await self._do(ledger, partial(ledger.settle, *due))
            except StoreError as error:  # counted with the next call, if there is one
                self._unsettled.append(due)
                self._complain(error)
                return
            for crossing in crossed:
                await self._warn(ledger, crossing)

    async def _warn(self, ledger: Ledger, crossing: Crossing) -> None:
        self._notices.say(warning_words(crossing))
        if crossing.percent == 100:
            body = {"spent_usd": from_nano(crossing.spent_nano), "refused": False}
            await self._note_breach(ledger, crossing.part, body)

    async def _refuse(
        self, ledger: Ledger, refusal: Refusal, amount_nano: int, advice: str
    ) -> BudgetExceededError:
        body = {
            "spent_usd": from_nano(refusal.spent_nano),
            "needed_usd": from_nano(amount_nano),
            "refused": True,
        }
        await self._note_breach(ledger, refusal.part, body)
        return exceeded(refusal, amount_nano, advice)

    async def _note_breach(self, ledger: Ledger, part: Part, body: dict[str, object]) -> None:
        limit = {"limit_usd": from_nano(part.limit_nano)}
        try:
            await asyncio.to_thread(ledger.breach, part, {**limit, **body}, current_actor())
        except StoreError as error:
            self._complain(error)

    def _complain(self, error: StoreError) -> None:
        if not self._complained:
            self._complained = True
            warnings.warn(
                f"llmops_magics {error.message.rstrip('.')}; calls go on and are not counted.",
                RuntimeWarning,
                stacklevel=2,
            )
