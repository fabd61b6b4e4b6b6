"""The outermost link: a call to ``router/NAME`` becomes calls to the models that it chooses.

All that stands inside (trace, cache, limits, cap, price) sees the chosen model, so an answer is
cached, limited and paid for as if that model had been asked by name. A router may hold others; one
that is asked again while it is choosing, by a judge that checks its answers, is refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import replace
from decimal import Decimal
from typing import NoReturn

from llmops_magics.config.routing import PREFIX, RouterSettings
from llmops_magics.errors import (
    BadResponseError,
    ConfigError,
    EndpointError,
    ModelError,
    ModelTimeoutError,
    RateLimitError,
    ReplayMissError,
    RequestRejectedError,
    UnknownModelError,
    WeightsError,
)
from llmops_magics.models.chat import ChatRequest, ChatResponse
from llmops_magics.models.interceptor import Call
from llmops_magics.models.routing.check import Checked, Checker, CheckerOf
from llmops_magics.models.routing.choice import Choice, Chooser
from llmops_magics.models.routing.decision import Decision, Try, Watch, unwatched
from llmops_magics.redaction import redact

_WHY_CHARS = 300
_INSIDE: ContextVar[tuple[str, ...]] = ContextVar("llmops_routers", default=())


def no_checker(name: str) -> Checker:
    """Refuse: nobody provides checks."""
    raise ConfigError(f"router.{name}.check: nothing checks answers here.")


class RoutingInterceptor:
    """Routes calls; every other call passes as it is."""

    def __init__(
        self,
        routers: Mapping[str, RouterSettings],
        chooser: Chooser | None = None,
        *,
        checker_of: CheckerOf = no_checker,
        watch: Watch = unwatched,
    ) -> None:
        self._routers = routers
        self._chooser = chooser or Chooser()
        self._checker_of = checker_of
        self._watch = watch

    async def intercept(self, request: ChatRequest, call_next: Call) -> ChatResponse:
        """Answer a call by a model of the router's; ``routed_to`` of the answer names it.

        Raises ``UnknownModelError`` for a router that is none, ``RequestRejectedError`` where no
        model fits, and what the last model raised where all failed.
        """
        if not request.model.startswith(PREFIX):
            return await call_next(request)
        name = request.model.removeprefix(PREFIX)
        router = self._routers.get(name)
        if router is None:
            raise unknown_router(name, self._routers)
        inside = _INSIDE.get()
        if name in inside:
            raise UnknownModelError(
                f"{request.model} is asked while it is choosing.",
                hint="Let another model judge its answers: set models.judge.",
            )
        token = _INSIDE.set((*inside, name))
        try:
            with self._watch(name, router.strategy, request) as note:
                routing = _Routing(name, router, request, call_next, self)
                try:
                    return await routing.answer(self._chooser, self._checker_of)
                finally:
                    note(routing.decision())
        finally:
            _INSIDE.reset(token)


class _Routing:
    """One call on its way through the models."""

    def __init__(
        self,
        name: str,
        router: RouterSettings,
        request: ChatRequest,
        call_next: Call,
        outer: RoutingInterceptor,
    ) -> None:
        self._name = name
        self._router = router
        self._request = request
        self._call_next = call_next
        self._outer = outer
        self._tries: list[Try] = []
        self._chosen = Choice("", "no model answered")
        self._before: list[ChatResponse] = []  # answers that did not pass
        self._checks: list[Checked] = []
        self._failed_ms = 0.0

    async def answer(self, chooser: Chooser, checker_of: CheckerOf) -> ChatResponse:
        checker = checker_of(self._name) if self._router.strategy == "cascade" else None
        found = chooser.choose(self._name, self._router, self._request)
        self._tries += found.passed_over
        if not found.models:
            raise self._nothing_fits()
        last = found.models[-1]
        for choice in found.models[:-1]:
            response = await self._try(choice, is_last=False)
            if response is not None and await self._passes(choice, response, checker):
                return self._answered(choice, response)
        response = await self._try(last, is_last=True)
        if response is None:  # the last one raises instead
            raise self._nothing_fits()
        return self._answered(last, response)

    def decision(self) -> Decision:
        return Decision(
            router=self._name,
            strategy=self._router.strategy,
            chosen=self._chosen.model,
            why=self._chosen.why,
            tries=tuple(self._tries),
        )

    async def _try(self, choice: Choice, *, is_last: bool) -> ChatResponse | None:
        """Ask one model; None where it failed and the next one is to be asked."""
        clock = asyncio.get_running_loop().time
        started = clock()
        try:
            return await self._ask(choice.model)
        except ModelError as error:
            why = redact(f"{type(error).__name__}: {error.message}")[:_WHY_CHARS]
            self._tries.append(Try(model=choice.model, outcome="failed", why=why))
            self._failed_ms += (clock() - started) * 1000
            # Of a fallback only answers are stored: a replay goes past those that gave none.
            goes_on = isinstance(error, ReplayMissError) or _kind(error) in self._router.on
            if is_last or not goes_on:
                self._give_up(error)
            return None

    async def _ask(self, model: str) -> ChatResponse:
        request = replace(self._request, model=model)
        deadline = asyncio.timeout(self._router.timeout_s)
        try:
            async with deadline:
                return await self._outer.intercept(request, self._call_next)
        except TimeoutError as error:
            if not deadline.expired():
                raise
            raise ModelTimeoutError(
                f"{model} did not answer within {self._router.timeout_s:g} s.",
                hint=f"Raise router.{self._name}.timeout_s in llmops.toml.",
                is_transient=True,
                may_be_billed=True,
            ) from error

    async def _passes(
        self, choice: Choice, response: ChatResponse, checker: Checker | None
    ) -> bool:
        if checker is None:
            return True
        checked = await checker(self._request, response)
        self._checks.append(checked)
        if not checked.passed:
            self._before.append(response)
            why = redact(checked.why)[:_WHY_CHARS]
            self._tries.append(Try(model=choice.model, outcome="escalated", why=why))
        return checked.passed

    def _answered(self, choice: Choice, response: ChatResponse) -> ChatResponse:
        """Name who answered, and add what it took to get there: time, and answers not given."""
        self._chosen = choice
        model = response.routed_to or choice.model
        self._tries.append(Try(model=choice.model, outcome="answered"))
        answers = [*self._before, response]
        costs = [None if a.cost_usd is None else Decimal(a.cost_usd) for a in answers]
        costs += [check.cost_usd for check in self._checks]
        known = [cost for cost in costs if cost is not None]
        total = sum(known, Decimal(0)) if len(known) == len(costs) else None
        return replace(
            response,
            routed_to=model,
            cost_usd=None if total is None else format(total.normalize(), "f"),
            latency_ms=self._failed_ms + sum(answer.latency_ms for answer in answers),
            cached=all(answer.cached for answer in answers),
        )

    def _nothing_fits(self) -> RequestRejectedError:
        said = "; ".join(f"{each.model} {each.why}" for each in self._tries)
        return RequestRejectedError(
            f"router/{self._name} has no model that fits: {said}.",
            hint=f"Say what models can in [router.{self._name}.facts], or add one.",
        )

    def _give_up(self, error: ModelError) -> NoReturn:
        before = [each.model for each in self._tries[:-1] if each.outcome != "passed over"]
        if not before or isinstance(error, ReplayMissError):
            raise error
        raise type(error)(
            f"{error.message} router/{self._name} had tried {', '.join(before)} before.",
            hint=error.hint,
            is_transient=error.is_transient,
            retry_after_s=error.retry_after_s,
            may_be_billed=error.may_be_billed,
            tries=error.tries,
        ) from error


def unknown_router(name: str, routers: Mapping[str, RouterSettings]) -> UnknownModelError:
    """Return the error for a router that is not there."""
    known = ", ".join(f"router/{each}" for each in routers) or "none yet"
    return UnknownModelError(
        f"no router is called {name!r}.", hint=f"There are {known}; add [router.{name}]."
    )


_KINDS: tuple[tuple[type[ModelError], str], ...] = (
    (ModelTimeoutError, "timeout"),
    (RateLimitError, "rate_limit"),
    (RequestRejectedError, "rejected"),
    (EndpointError, "error"),
    (BadResponseError, "error"),
    (WeightsError, "error"),
)


def _kind(error: ModelError) -> str:
    """Return the word of ``on`` for a failure, "" for one that no other model mends."""
    return next((word for kind, word in _KINDS if isinstance(error, kind)), "")
