"""Who may call an endpoint now: concurrency, fixed and adaptive, and what a minute allows.

The adaptive limit is that of TCP (AIMD): none at first; halved when the endpoint refuses for the
rate, once for all calls that were under way then; and a little higher with each success while
calls wait for it, one more a round. So it never rises above what the callers ask for. While a
``Retry-After`` holds no call is started. Waiting calls are let in as they came, those that are
tried again first.

A gate belongs to one event loop. Where nothing is limited, passing it costs about 2 microseconds.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections import deque
from dataclasses import dataclass

from llmops_magics.config.settings import EndpointSettings
from llmops_magics.errors import RateLimitError
from llmops_magics.models.window import MINUTE_S, Use, Window

LONGEST_PAUSE_S = 300.0
DECREASE = 0.5
SPREAD = 0.05  # of a pause, at most 1 s: other processes come back at the same moment


@dataclass(slots=True)
class Pass:
    """A call that was let in; ``leave`` or ``refused`` give the place back."""

    epoch: int  # how often the limit had come down when it was let in
    tokens: Use | None


class Gate:
    """The limits of one endpoint, on one event loop."""

    def __init__(
        self, name: str, limits: EndpointSettings | None = None, *, minute_s: float = MINUTE_S
    ) -> None:
        rpm = limits.requests_per_minute if limits else None
        tpm = limits.tokens_per_minute if limits else None
        self._name = name
        self._fixed = (limits.max_concurrency if limits else None) or math.inf
        self._adaptive = math.inf
        self._requests = Window(rpm, minute_s) if rpm else None
        self._tokens = Window(tpm, minute_s) if tpm else None
        self._running = 0
        self._epoch = 0
        self._paused_until = -math.inf
        self._waiting: deque[_Waiting] = deque()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def counts_tokens(self) -> bool:
        """Whether ``enter`` needs an estimate of a call's tokens."""
        return self._tokens is not None

    @property
    def concurrency(self) -> float:
        """How many calls may be under way at once now; infinite when nothing limits them."""
        return min(self._fixed, self._adaptive)

    async def enter(self, tokens: float = 0, *, again: bool = False) -> Pass:
        """Wait until a call may start. Raises ``RateLimitError`` when that is far off."""
        self._check_pause()
        if not self._waiting and self._closed_s(tokens) <= 0:
            return self._admit(tokens)
        return await self._queue(
            _Waiting(tokens, asyncio.get_running_loop().create_future()), again
        )

    def leave(self, admitted: Pass, tokens: float | None = None) -> None:
        """Give the place back after a call, with the tokens that it really took."""
        if tokens is not None and admitted.tokens is not None and self._tokens is not None:
            self._tokens.settle(admitted.tokens, tokens)
        self._running -= 1
        if self._waiting:
            self._let_in()

    def succeeded(self, admitted: Pass, tokens: float | None = None) -> None:
        """``leave``, after an answer."""
        if self._waiting and self._running + 1 > self._adaptive:
            self._adaptive += 1 / self._adaptive
        self.leave(admitted, tokens)

    def refused(self, admitted: Pass, retry_after_s: float | None) -> bool:
        """``leave``, after a refusal for the rate.

        Return whether it tells something new: not if the limit came down while the call was under
        way.
        """
        is_new = admitted.epoch == self._epoch
        if is_new:
            self._adaptive = max(1.0, min(self._adaptive, self._running) * DECREASE)
            self._epoch += 1
        if retry_after_s is not None:
            self._pause(retry_after_s)
        self.leave(admitted)
        return is_new

    def _pause(self, seconds: float) -> None:
        spread_s = min(1.0, SPREAD * seconds) * random.random()  # noqa: S311
        self._paused_until = max(self._paused_until, time.monotonic() + seconds + spread_s)
        if seconds > LONGEST_PAUSE_S:
            while self._waiting:
                waiting = self._waiting.popleft()
                if not waiting.admitted.done():
                    waiting.admitted.set_exception(self._too_long(seconds))

    def _check_pause(self) -> None:
        pause_s = self._paused_until - time.monotonic()
        if pause_s > LONGEST_PAUSE_S:
            raise self._too_long(pause_s)

    def _too_long(self, pause_s: float) -> RateLimitError:
        return RateLimitError(
            f"{self._name} limits the rate and wants to be left alone for {pause_s:.0f} s.",
            hint="Go on after that time.",
        )

    def _closed_s(self, tokens: float) -> float:
        """Return for how long the next call has to wait; infinite: until another one leaves."""
        if self._running + 1 > self._fixed or self._running + 1 > self._adaptive:
            return math.inf
        now = time.monotonic()
        wait_s = self._paused_until - now
        if self._requests is not None:
            wait_s = max(wait_s, self._requests.wait_s(1, now))
        if self._tokens is not None:
            wait_s = max(wait_s, self._tokens.wait_s(tokens, now))
        return wait_s

    def _admit(self, tokens: float) -> Pass:
        self._running += 1
        if self._requests is not None:
            self._requests.add(1, time.monotonic())
        use = self._tokens.add(tokens, time.monotonic()) if self._tokens is not None else None
        return Pass(self._epoch, use)

    async def _queue(self, waiting: _Waiting, again: bool) -> Pass:
        (self._waiting.appendleft if again else self._waiting.append)(waiting)
        self._let_in()
        try:
            return await waiting.admitted
        except asyncio.CancelledError:
            if not waiting.admitted.cancelled():  # let in, and cancelled before it knew
                self._return(waiting.admitted)
            raise

    def _return(self, admitted: asyncio.Future[Pass]) -> None:
        if admitted.exception() is None:
            self.leave(admitted.result())

    def _let_in(self) -> None:
        """Let in whoever may, in order; come back when the first of the others may."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._waiting:
            first = self._waiting[0]
            if first.admitted.done():  # cancelled
                self._waiting.popleft()
                continue
            wait_s = self._closed_s(first.tokens)
            if wait_s > 0:
                if wait_s < math.inf:
                    self._timer = asyncio.get_running_loop().call_later(wait_s, self._let_in)
                return
            self._waiting.popleft()
            first.admitted.set_result(self._admit(first.tokens))


@dataclass(slots=True)
class _Waiting:
    tokens: float
    admitted: asyncio.Future[Pass]
