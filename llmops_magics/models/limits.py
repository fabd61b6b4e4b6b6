"""The last link before the wire: an endpoint's limits, and calls that are tried again.

Every try passes the gate of its endpoint anew, so a call that waits for its next try holds no
place. A refusal for the rate counts as one of the tries only if it told the gate something new;
otherwise a limit that is still coming down would use them up.

The state is one of the event loop: calls of other loops and processes are not counted.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import NoReturn
from weakref import WeakKeyDictionary

from llmops_magics.config.settings import Settings
from llmops_magics.errors import ModelError, RateLimitError
from llmops_magics.models.gate import Gate, Pass
from llmops_magics.models.interceptor import Request, Response
from llmops_magics.models.retry import FIRST_BACKOFF_S, backoff_s
from llmops_magics.models.size import InputSize, TokenEstimate, input_size, most_output
from llmops_magics.models.window import MINUTE_S

_NO_SIZE = InputSize(0, 0)


class LimitInterceptor:
    """Holds calls back as ``[endpoints.NAME]`` and the endpoint want, and tries again.

    A call is tried ``models.max_retries`` times more after a refusal for the rate (429), an error
    of the server (5xx, 408, 409), a broken connection or a time-out. The last error says how often
    it was tried.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        first_backoff_s: float = FIRST_BACKOFF_S,
        minute_s: float = MINUTE_S,
    ) -> None:
        self._settings = settings
        self._first_backoff_s = first_backoff_s
        self._minute_s = minute_s
        self._gates: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, Gate]] = (
            WeakKeyDictionary()
        )
        self._estimates: defaultdict[str, TokenEstimate] = defaultdict(TokenEstimate)

    async def intercept(
        self, request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        """Make one call, in as many tries as it takes and may take."""
        gate = self.gate(request.model.partition("/")[0])
        size = input_size(request) if gate.counts_tokens else _NO_SIZE
        tries = counted = 0
        while True:
            tokens = self._estimate(request, size) if gate.counts_tokens else 0
            admitted = await gate.enter(tokens, again=tries > 0)
            tries += 1
            try:
                response = await call_next(request)
            except ModelError as error:
                counted += _leave_after(gate, admitted, error)
                if not error.is_transient or counted > self._settings.models.max_retries:
                    _give_up(error, tries)
                if error.retry_after_s is None:
                    await asyncio.sleep(backoff_s(max(1, counted), self._first_backoff_s))
            except BaseException:
                gate.leave(admitted)
                raise
            else:
                gate.succeeded(admitted, _tokens(response))
                if gate.counts_tokens:
                    self._estimates[request.model].learn(size, response)
                return response if tries == 1 else replace(response, retries=tries - 1)

    def gate(self, endpoint: str) -> Gate:
        """Return the gate of an endpoint on the running loop."""
        loop = asyncio.get_running_loop()
        gates = self._gates.get(loop)
        if gates is None:
            gates = self._gates[loop] = {}
        if endpoint not in gates:
            limits = self._settings.endpoints.get(endpoint)
            gates[endpoint] = Gate(endpoint, limits, minute_s=self._minute_s)
        return gates[endpoint]

    def _estimate(self, request: Request, size: InputSize) -> float:
        return self._estimates[request.model].of(size, most_output(request))


def _tokens(response: Response) -> int | None:
    usage = response.usage
    return usage.input_tokens + usage.output_tokens if usage else None


def _leave_after(gate: Gate, admitted: Pass, error: ModelError) -> bool:
    """Give the place back; return whether the failure counts as a try."""
    if isinstance(error, RateLimitError) and error.is_transient:
        return gate.refused(admitted, error.retry_after_s)
    if error.is_transient and error.retry_after_s is not None:
        gate.refused(admitted, error.retry_after_s)
    else:
        gate.leave(admitted)
    return True


def _give_up(error: ModelError, tries: int) -> NoReturn:
    if tries == 1:
        raise error
    raise type(error)(
        f"{error.message} It was tried {tries} times.",
        hint=error.hint,
        retry_after_s=error.retry_after_s,
        may_be_billed=error.may_be_billed,
        tries=tries,
    ) from error
